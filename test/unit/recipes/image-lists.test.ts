import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readCatalogue } from '#src/recipes/charmed-kubernetes/catalogue.js';
import { listsOfChannel, parseImageList } from '#src/recipes/charmed-kubernetes/image-lists.js';
import { fullImageName, imageCandidates, isForArch } from '#src/recipes/image-names.js';
import { listedImages, alwaysImages } from '#src/recipes/charmed-kubernetes/images.js';
import { wantedImages } from '#src/recipes/charmed-kubernetes/wanted-images.js';
import { snapChannel } from '#src/recipes/charmed-kubernetes/channels.js';
import { byTrack } from '#src/recipes/charmed-kubernetes/track-range.js';
import { parseUpstreamNames } from '#src/recipes/charmed-kubernetes/upstream-names.js';
import { formatImageRef } from '#src/domain/image-ref.js';
import type { Upstream } from '#src/recipes/upstream.js';
import { SHIPPED_CATALOGUES, shippedCatalogue } from '../../support/charm-fact.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');
const DATA = process.env['SHRINKWRAP_DATA'] ?? resolve(ROOT, '..', 'shared', 'data');
const catalogue = shippedCatalogue();

describe('choosing image lists', () => {
  const names = ['README.md', 'v1.2.9.txt', 'v1.26.9.txt', 'v1.26.10.txt', 'v1.26.11-rc.1.txt', 'v1.260.1.txt', 'v1.27.0.txt', 'v1.26.txt', 'v1.26.4.txt.orig'];
  test('the track is anchored and patches sort as numbers', () => assert.deepEqual(listsOfChannel(names, '1.26/stable'), ['v1.26.10.txt', 'v1.26.9.txt']));
  test('1.2 is not 1.26', () => assert.deepEqual(listsOfChannel(names, '1.2/stable'), ['v1.2.9.txt']));
  test('pre-releases count on edge and beta only', () => {
    assert.deepEqual(listsOfChannel(names, '1.26/edge'), ['v1.26.11-rc.1.txt', 'v1.26.10.txt', 'v1.26.9.txt']);
    assert.deepEqual(listsOfChannel(names, '1.26/candidate'), ['v1.26.10.txt', 'v1.26.9.txt']);
  });
  test('latest is the highest of all', () => assert.equal(listsOfChannel(names, 'latest/stable')[0], 'v1.260.1.txt'));
  test('blank lines, comments and carriage returns are not images', () =>
    assert.deepEqual(parseImageList('# x\r\n\r\na/b:1\r\n  c/d:2 \n'), ['a/b:1', 'c/d:2']));
});

/** A bundle repository of literal files. */
const repository = (files: Readonly<Record<string, string>>): Upstream =>
  ({
    bundleRepository: {
      list: (folder: string) => Promise.resolve(Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : []))),
      read: (path: string) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
    },
  }) as unknown as Upstream;

describe('completeness', () => {
  test('a partial newest list is united with the newest complete one, each image with its lists', async () => {
    const upstream = repository({
      'container-images/v1.26.4.txt': 'rocks.canonical.com/cdk/coredns/coredns:1.9.4\nrocks.canonical.com/cdk/pause:3.6\n',
      'container-images/v1.26.14.txt': 'rocks.canonical.com/cdk/pause:3.6\nrocks.canonical.com/cdk/new:1\n',
      'container-images/v1.26.15.txt': '\n',
      'container-images/v1.26.3.txt': 'rocks.canonical.com/cdk/coredns/coredns:1.9.3\n',
    });
    const { images, sources, warnings } = await listedImages('1.26/stable', false, catalogue, upstream);
    assert.deepEqual(Object.fromEntries(wantedImages(images, catalogue.images).map(({ name, reasons }) => [name, reasons])), {
      'rocks.canonical.com/cdk/pause:3.6': ['image list container-images/v1.26.14.txt', 'image list container-images/v1.26.4.txt'],
      'rocks.canonical.com/cdk/new:1': ['image list container-images/v1.26.14.txt'],
      'rocks.canonical.com/cdk/coredns/coredns:1.9.4': ['image list container-images/v1.26.4.txt'],
    });
    assert.deepEqual(
      sources.map(({ path }) => path),
      [
        'sources/github/charmed-kubernetes/bundle/HEAD/container-images/v1.26.14.txt',
        'sources/github/charmed-kubernetes/bundle/HEAD/container-images/v1.26.4.txt',
      ],
    );
    assert.deepEqual(warnings, []);
  });
  test('T1: a track whose every list lacks coredns is refused, unless the user allows it', async () => {
    const upstream = repository({ 'container-images/v1.26.0.txt': 'a/b:1\n' });
    await assert.rejects(listedImages('1.26/stable', false, catalogue, upstream), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'INPUT_INVALID');
      assert.match(error.message, /no image list of 1\.26\/stable is complete: none of 1 names \/coredns\//);
      return true;
    });
    const { images, warnings } = await listedImages('1.26/stable', true, catalogue, upstream);
    assert.deepEqual(
      images.map(({ name }) => name),
      ['rocks.canonical.com/cdk/a/b:1'],
    );
    assert.deepEqual(warnings, ['no image list of 1.26/stable is complete: none of 1 names /coredns/']);
  });
  test('an unknown track tells which tracks exist', async () => {
    await assert.rejects(
      listedImages('1.99/stable', false, catalogue, repository({ 'container-images/v1.26.0.txt': 'a\n', 'container-images/v1.27.0.txt': 'a\n' })),
      {
        code: 'UPSTREAM_NOT_FOUND',
        facts: { what: 'image list for channel', name: '1.99/stable', where: 'container-images/ of the bundle repository', exists: ['1.26', '1.27'] },
      },
    );
  });
  test('the official 1.26 lists: v1.26.15 united with v1.26.4', { skip: existsSync(DATA) ? false : 'no upstream data on this machine' }, async () => {
    const folder = join(DATA, 'bundle', 'container-images');
    const files = Object.fromEntries(readdirSync(folder).map((name) => [`container-images/${name}`, readFileSync(join(folder, name), 'utf8')]));
    const { images, sources } = await listedImages('1.26/stable', false, catalogue, repository(files));
    assert.deepEqual(
      sources.map(({ path }) => path.split('/').at(-1)),
      ['v1.26.15.txt', 'v1.26.4.txt'],
    );
    assert.ok(images.some(({ name }) => name.includes('/coredns/')));
    const all = wantedImages([...images, ...alwaysImages(catalogue)], catalogue.images).map(({ name }) => name);
    assert.ok(all.length >= 52);
    assert.ok(all.includes('rocks.canonical.com/cdk/pause:3.9'));
  });
});

describe('names of images', () => {
  test('bare names of old lists get the registry they were written for', () =>
    assert.equal(fullImageName('calico/node:v3.6.1', catalogue.images), 'rocks.canonical.com/cdk/calico/node:v3.6.1'));
  test(':443 is the same place', () =>
    assert.equal(fullImageName('rocks.canonical.com:443/cdk/pause:3.6', catalogue.images), 'rocks.canonical.com/cdk/pause:3.6'));
  test('T25: CDK names are asked for at the sources in order', () => {
    assert.deepEqual(imageCandidates('rocks.canonical.com/cdk/pause:3.6', catalogue.images, catalogue.images.sources).map(formatImageRef), [
      'ghcr.io/canonical/cdk/pause:3.6',
      'rocks.canonical.com/cdk/pause:3.6',
    ]);
    assert.deepEqual(imageCandidates('rocks.canonical.com/cdk/pause:3.6', catalogue.images, ['reg.lan/x/']).map(formatImageRef), [
      'reg.lan/x/pause:3.6',
      'rocks.canonical.com/cdk/pause:3.6',
    ]);
  });
  test('other names only at their own registry', () =>
    assert.deepEqual(imageCandidates('quay.io/cilium/cilium:v1', catalogue.images, catalogue.images.sources).map(formatImageRef), [
      'quay.io/cilium/cilium:v1',
    ]));
  test('names that carry an architecture are for that one', () => {
    assert.equal(isForArch('rocks.canonical.com/cdk/addon-resizer-arm64:1.8.9', 'amd64', catalogue.images), false);
    assert.equal(isForArch('rocks.canonical.com/cdk/addon-resizer-ppc64le:1.8.9', 'ppc64el', catalogue.images), true);
    assert.equal(isForArch('rocks.canonical.com/cdk/pause:3.6', 's390x', catalogue.images), true);
  });
  test('the upstream name behind a mirrored one', () => {
    const names = parseUpstreamNames(
      'v1.26-static: registry.k8s.io/pause:3.9 docker.io/library/nginx:1\nv1.26.4-upstream: docker.io/calico/node:v3 k8s.gcr.io/addon-resizer-{{ arch }}:1.8.9\nci-static: docker.io/busybox:1\n',
    );
    assert.equal(formatImageRef(names.get('pause:3.9') ?? { host: '', path: '' }), 'registry.k8s.io/pause:3.9');
    assert.equal(formatImageRef(names.get('addon-resizer-s390x:1.8.9') ?? { host: '', path: '' }), 'k8s.gcr.io/addon-resizer-s390x:1.8.9');
    assert.equal(names.has('busybox:1'), false);
  });
});

describe('channels of snaps', () => {
  const context = { charmChannel: '1.29/stable' };
  test('the option of the application wins', () =>
    assert.equal(snapChannel('option', { ...context, option: '1.34/edge', charmDefault: 'latest/edge' }), '1.34/edge'));
  test("then the charm's default", () => assert.equal(snapChannel('option', { ...context, charmDefault: '1.29/stable' }), '1.29/stable'));
  test('auto is what the charm makes of it', () => assert.equal(snapChannel('option', { ...context, charmDefault: 'auto', auto: '3.4/stable' }), '3.4/stable'));
  test("track is the charm's track with the option's risk", () =>
    assert.equal(snapChannel('track', { ...context, option: '1.30/candidate' }), '1.29/candidate'));
  test('a channel is itself, in full', () => assert.equal(snapChannel('stable', context), 'latest/stable'));
});

test('rules hold from and until their tracks, both included', () => {
  const holds = (track: string, rule: { from?: string; until?: string }): boolean => byTrack(track)(rule);
  assert.deepEqual(
    [
      holds('1.28', { until: '1.28' }),
      holds('1.29', { until: '1.28' }),
      holds('1.9', { until: '1.28' }),
      holds('latest', { until: '1.28' }),
      holds('latest', { from: '1.29' }),
    ],
    [true, false, true, false, true],
  );
});

describe('the catalogue', () => {
  test('every mistake is told with its document', () => {
    assert.throws(
      () =>
        readCatalogue([
          { file: 'mine.yaml', text: 'format: nonsense' },
          { file: 'other.yaml', text: '[]' },
        ]),
      (error: { facts: { problems: { file: string }[] } }) => error.facts.problems.map(({ file }) => file).join() === 'mine.yaml,other.yaml',
    );
  });
  test('a document of the user adds charms', () => {
    const extended = readCatalogue([
      ...SHIPPED_CATALOGUES,
      { file: 'mine.yaml', text: 'format: shrinkwrap-catalogue/1\ncharms:\n  my-charm:\n    snaps: [{ name: my-snap, channel: option }]\n' },
    ]);
    assert.deepEqual(extended.charms.get('my-charm')?.snaps, [{ name: 'my-snap', channel: 'option' }]);
    assert.ok(extended.charms.has('etcd'));
  });
  test('and changes what is said of images, key by key', () => {
    const text = 'format: shrinkwrap-catalogue/1\nimages: { sources: [mirror.example.com/cdk] }\n';
    const { images } = readCatalogue([...SHIPPED_CATALOGUES, { file: 'mine.yaml', text }]);
    assert.deepEqual(images, { ...catalogue.images, sources: ['mirror.example.com/cdk'] });
  });
});
