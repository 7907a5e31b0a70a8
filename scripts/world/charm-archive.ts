/** The files of a charm and the .charm itself (facts/charmhub-juju.md 4.1-4.4). */
import { stringify } from 'yaml';
import { seriesOfBase } from '#src/domain/base.js';
import { sortedBy } from '#src/domain/sorted.js';
import type { CharmManifest, CharmRelease } from './charm-release.ts';
import { ROLES } from './endpoints.ts';
import { zip, type ZipFile } from './zip.ts';

export interface CharmContext {
  /** Archives of wheelhouse/. */
  readonly wheelhouse: readonly string[];
  /** Digest of an image's index, for manifests that pin it. */
  readonly digestOf: (image: string) => string;
}

/** What travels under sources/charms/ too. */
export const CHARM_YAMLS = ['metadata.yaml', 'config.yaml', 'manifest.yaml', 'layer.yaml'] as const;

const HOOKS = ['config-changed', 'install', 'leader-elected', 'start', 'stop', 'update-status', 'upgrade-charm'];
const REACTIVE_ARCHS = ['amd64', 'arm64', 'ppc64el', 's390x'];

export function charmFiles(release: CharmRelease, context: CharmContext): ZipFile[] {
  const style = { reactive: reactiveFiles, ops: opsFiles, classic: classicFiles }[release.style];
  return sortedBy(
    [
      yamlFile('metadata.yaml', metadata(release)),
      yamlFile('config.yaml', { options: Object.fromEntries(release.options.map(({ name, ...spec }) => [name, { ...spec, description: `Option ${name}` }])) }),
      yamlFile('manifest.yaml', manifest(release)),
      yamlFile('actions.yaml', Object.fromEntries(release.actions.map((action) => [action, { description: `Action ${action}` }]))),
      ...release.actions.map((action) => script(`actions/${action}`)),
      textFile('README.md', `# ${release.name}\n\n${release.summary}.\n`),
      textFile('version', `${release.track}+world.${release.revision}\n`),
      ...style(release, context),
    ],
    ({ name }) => name,
  );
}

export const charmArchive = (files: readonly ZipFile[]): Buffer => zip(files);

const textFile = (name: string, text: string): ZipFile => ({ name, bytes: Buffer.from(text) });
const yamlFile = (name: string, value: unknown): ZipFile => textFile(name, stringify(value, { lineWidth: 0, version: '1.1' }));
const script = (name: string): ZipFile => ({ name, bytes: Buffer.from(`#!/bin/sh\nexec juju-log "${name}"\n`), executable: true });

function metadata({ name, summary, subordinate, bases, endpoints, resources, storage, style }: CharmRelease): object {
  const series = bases.flatMap((channel) => seriesOfBase({ name: 'ubuntu', channel }) ?? []).toReversed();
  const ends = ROLES.map((role) => [role, endpoints.filter((endpoint) => endpoint.role === role)] as const).filter(([, list]) => list.length > 0);
  return {
    name,
    summary,
    description: `${summary}.\nMade for a world that stands in for Charmhub.\n`,
    subordinate,
    // Reactive charms name series; what charmcraft packs has its bases in manifest.yaml and asks for a Juju of its own.
    ...(style === 'ops' ? { assumes: ['juju >= 3.1'] } : { series }),
    ...Object.fromEntries(
      ends.map(([role, list]) => [
        role,
        Object.fromEntries(list.map((endpoint) => [endpoint.name, { interface: endpoint.interface, ...(endpoint.container && { scope: 'container' }) }])),
      ]),
    ),
    ...(Object.keys(storage).length > 0 && {
      storage: Object.fromEntries(Object.entries(storage).map(([store, type]) => [store, { type, multiple: { range: '0-' } }])),
    }),
    ...(resources.length > 0 && {
      resources: Object.fromEntries(
        resources.map(({ name: resource, filename, image }) => [
          resource,
          image === undefined
            ? { type: 'file', filename, description: `${filename} of ${name}` }
            : { type: 'oci-image', description: `Image of ${name}`, 'upstream-source': image },
        ]),
      ),
    }),
  };
}

const manifest = ({ bases, arch }: CharmRelease): object => ({
  analysis: { attributes: [{ name: 'language', result: 'python' }] },
  bases: bases.map((channel) => ({ architectures: arch === undefined ? REACTIVE_ARCHS : [arch], channel, name: 'ubuntu' })),
  'charmcraft-started-at': '2026-01-01T00:00:00.000000Z',
  'charmcraft-version': '2.5.4',
});

/** The image names as code has them: without a registry, which comes from an option or a relation. */
function imagesInCode({ images }: CharmRelease): string {
  const names = images.map((image) => image.replace(/^[^/]+\/(?:cdk\/)?/, ''));
  return ['#!/usr/bin/env python3', ...names.map((name, index) => `IMAGE_${index} = "{registry}/${name}"`), ''].join('\n');
}

function reactiveFiles(release: CharmRelease, { wheelhouse }: CharmContext): ZipFile[] {
  const { name, layers } = release;
  const options = { ...layers, basic: { packages: [], python_packages: [], use_venv: true, include_system_packages: false, ...Object(layers?.['basic']) } };
  const layer = stringify(
    { includes: ['layer:options', 'layer:basic', ...Object.keys(layers ?? {}).map((each) => `layer:${each}`)], is: name, options },
    { lineWidth: 0 },
  );
  return [
    // charm-tools writes booleans with their tag.
    textFile('layer.yaml', layer.replaceAll(/: (true|false)$/gm, ': !!bool "$1"')),
    ...HOOKS.map((hook) => script(`hooks/${hook}`)),
    textFile(`reactive/${name.replaceAll('-', '_')}.py`, imagesInCode(release)),
    textFile('wheelhouse.txt', wheelhouse.map((file) => `${file.replace(/-(\d)/, '==$1').replace(/\.tar\.gz$/, '')}\n`).join('')),
    ...wheelhouse.map((file) => textFile(`wheelhouse/${file}`, `${file}\n`)),
  ];
}

function opsFiles(release: CharmRelease, context: CharmContext): ZipFile[] {
  const { track, branchFile, manifests, templates } = release;
  return [
    { name: 'dispatch', bytes: Buffer.from('#!/bin/sh\nPYTHONPATH=lib:venv exec ./src/charm.py\n'), executable: true },
    { name: 'src/charm.py', bytes: Buffer.from(imagesInCode(release)), executable: true },
    textFile('requirements.txt', 'ops\n'),
    ...(branchFile === undefined ? [] : [textFile(branchFile, `${track === 'latest' ? 'main' : `release_${track}`}\n`)]),
    ...[...templates].map(([file, images]) => textFile(`templates/${file}`, template(images))),
    ...manifests.flatMap((each) => [
      textFile(`upstream/${each.name}/version`, `${each.version}\n`),
      textFile(`upstream/${each.name}/manifests/${each.version}/${each.file}`, workload(each, context)),
    ]),
  ];
}

/** Rendered by the charm: no YAML as it stands. */
const template = (images: readonly string[]): string =>
  `{% if true %}\n${images.map((image) => `- image: docker.io/${image.replace(/^[^/]+\/(?:cdk\/)?/, '')}\n  args: {{ args }}\n`).join('')}{% endif %}\n`;

const classicFiles = (): ZipFile[] => HOOKS.map((hook) => script(`hooks/${hook}`));

/** A DaemonSet that names the images. */
function workload({ name, images, pinned }: CharmManifest, { digestOf }: CharmContext): string {
  const containers = images.map((image, index) => ({ name: `${name.replaceAll('_', '-')}-${index}`, image: pinned ? `${image}@${digestOf(image)}` : image }));
  return `---\n${stringify({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: name.replaceAll('_', '-'), namespace: 'kube-system' }, spec: { template: { spec: { containers } } } }, { lineWidth: 0 })}`;
}
