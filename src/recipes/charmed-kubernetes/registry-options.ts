/** Which options of which applications take the address of the site's registry (facts/offline-deploy.md 2.8, 9.2). */
import semver from 'semver';
import type { Bundle, Value } from '../../bundle/bundle.ts';
import type { Arch } from '../../domain/arch.ts';
import type { ImageArtifact } from '../../domain/artifact.ts';
import { parseImageRef, sitePath } from '../../domain/image-ref.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import type { Catalogue, RegistryForm } from './catalogue.ts';
import { declaresOption } from './charm-config.ts';
import type { CharmFact, OciResource } from './facts.ts';
import type { ImageMention } from './wanted-images.ts';

/** No option but an oci-image resource, which takes a reference instead of a file. */
const RESOURCE_IMAGE = 'resource-image' as const;

export interface RegistryOptionRow {
  readonly application: string;
  readonly option: string;
  readonly form: RegistryForm | typeof RESOURCE_IMAGE;
  /** `PATH:TAG` for the forms `image` and `resource-image`, whose option is the name of a resource; empty for the others. */
  readonly value: string;
}

/** Only options that the charm's own config.yaml declares: releases differ, and Juju refuses an unknown one. */
export function registryOptionRows(
  charms: readonly CharmFact[],
  images: readonly ImageArtifact[],
  asked: readonly ImageMention[],
  catalogue: Catalogue,
): RegistryOptionRow[] {
  const packed = new Set(images.flatMap(({ targets }) => targets));
  // What the charm itself asks for: a newer image of the same path may be a list's, or another charm's.
  const askedFor = (application: string, option: string): string | undefined =>
    asked
      .filter((mention) => mention.application === application && mention.option === option)
      .map(({ name }) => sitePath(parseImageRef(name)))
      .find((target) => packed.has(target));
  const rows = charms.flatMap(({ release, applications, arch }) =>
    catalogue.registryOptions
      .filter(({ option, charms: only }) => (only === undefined || only.includes(release.name)) && declaresOption(release.configYaml, option))
      .flatMap(({ option, form, match }) => {
        const newest = form === 'image' ? newestOf((match ?? '').replace('{arch}', arch), images) : '';
        return applications.flatMap((application) => {
          const value = (form === 'image' ? askedFor(application, option) : undefined) ?? newest;
          return value === undefined ? [] : [{ application, option, form, value }];
        });
      }),
  );
  const unique = new Map(rows.map((row) => [`${row.application}\t${row.option}`, row]));
  return [...unique.values()].toSorted((a, b) => byCodeUnit(a.application, b.application) || byCodeUnit(a.option, b.option));
}

/** An option may name an image of one architecture, and the site's settings know one value. */
export function archWarnings([first, ...others]: readonly Arch[], rowsOf: (arch: Arch) => readonly RegistryOptionRow[]): string[] {
  if (first === undefined) return [];
  const values = new Map(rowsOf(first).map(({ application, option, value }) => [`${application}\t${option}`, value]));
  return others.flatMap((arch) =>
    rowsOf(arch).flatMap(({ application, option, value }) => {
      const ofFirst = values.get(`${application}\t${option}`);
      return ofFirst === undefined || ofFirst === value
        ? []
        : [`application ${application}: option ${option} is rendered as ${ofFirst}, for ${first}; units of ${arch} need ${value}`];
    }),
  );
}

/** One row an oci-image resource whose image is packed. */
export const resourceImageRows = (oci: readonly OciResource[]): RegistryOptionRow[] => {
  const rows = oci.map(({ application, resource, reference }): RegistryOptionRow => ({
    application,
    option: resource,
    form: RESOURCE_IMAGE,
    value: sitePath(parseImageRef(reference)),
  }));
  return [...new Map(rows.map((row) => [`${row.application}\t${row.option}`, row])).values()];
};

/** The resources with the address in them, by application. */
export function bakedResources(rows: readonly RegistryOptionRow[], registry: Registry): Map<string, Record<string, string>> {
  const resources = new Map<string, Record<string, string>>();
  for (const { application, option, form, value } of rows)
    if (form === RESOURCE_IMAGE) resources.set(application, { ...resources.get(application), [option]: `${registry.host}/cdk/${value}` });
  return resources;
}

/** `PATH:TAG` of the newest packed image of that path. */
function newestOf(path: string, images: readonly ImageArtifact[]): string | undefined {
  const targets = images.flatMap(({ targets }) => targets).filter((target) => target.startsWith(`${path}:`));
  const version = (target: string): string => semver.coerce(target.slice(path.length + 1))?.version ?? '0.0.0';
  return targets.toSorted((a, b) => semver.rcompare(version(a), version(b)) || byCodeUnit(a, b))[0];
}

/** A registry as the user wrote it: containerd takes a bare `HOST:PORT` as https, plain http must keep its scheme (facts/offline-deploy.md 2.2). */
export interface Registry {
  readonly host: string;
  readonly url: string;
}

export function parseRegistry(text: string): Registry {
  const host = text.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  return { host, url: text.startsWith('http://') ? `http://${host}` : host };
}

/** The options with the address in them, by application. */
export function bakedOptions(rows: readonly RegistryOptionRow[], registry: Registry, catalogue: Catalogue): Map<string, Record<string, string>> {
  const options = new Map<string, Record<string, string>>();
  // Images lie below cdk/ at the site, which the names of rocks.canonical.com have in their path already; kit/render.sh says the same.
  const mirrors = [
    { host: registry.host, url: registry.url },
    ...catalogue.registryMirrors.map((host) => ({ host, url: /^rocks\.canonical\.com(?::443)?$/.test(host) ? registry.url : `${registry.url}/v2/cdk` })),
  ];
  const values: Record<RegistryForm, (value: string) => string> = {
    'custom-registries': () => JSON.stringify(mirrors),
    registry: () => `${registry.host}/cdk`,
    image: (value) => `${registry.host}/cdk/${value}`,
  };
  for (const { application, option, form, value } of rows)
    if (form !== RESOURCE_IMAGE) options.set(application, { ...options.get(application), [option]: values[form](value) });
  return options;
}

/** Text of an application's option in the merged bundle. */
export function optionOf(bundle: Bundle): (application: string, option: string) => string | undefined {
  return (application, option) => {
    const value: Value | undefined = bundle.applications.get(application)?.options?.get(option);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
}
