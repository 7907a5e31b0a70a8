/** Which indexes tags of the site answer, and the tables by which the kit puts them there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ociPlatform, type Arch } from '#src/domain/arch.js';
import type { Descriptor, ImageArtifact, ImageChild, WholeIndex } from '#src/domain/artifact.js';
import { digest, formatDigest } from '#src/domain/digest.js';
import { imageBlobs } from '#src/domain/image-blobs.js';
import { loadedName, parseImageRef } from '#src/domain/image-ref.js';
import { siteIndexes } from '#src/domain/site-index.js';
import { siteIndexFiles } from '#src/recipes/site-index-files.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

const part = (mediaType: string, letter: string, size = 10): Descriptor => ({ mediaType, digest: digest('sha256', letter.repeat(64)), size });
const child = (manifest: string, config: string, ...layers: readonly string[]): ImageChild => ({
  manifest: part(MANIFEST, manifest, 500),
  config: part('config', config),
  layers: layers.map((letter) => part('layer', letter)),
});
const image = (name: string, arch: Arch, content: ImageChild & { whole?: WholeIndex }, targets: readonly string[]): ImageArtifact => ({
  kind: 'image',
  name,
  version: 'v1',
  arch,
  platform: ociPlatform(arch),
  repository: 'h/x',
  ...content,
  targets,
  path: `containers/x_${arch}.tgz`,
  size: 1,
  digests: [content.manifest.digest],
  source: 'h/x',
  reasons: ['a test'],
});
const hex = (letter: string): string => letter.repeat(64);

const amd = child('a', 'b', 'c', 'd');
const arm = child('e', 'f', 'c');

test('two architectures under one tag make an index of both, the same whatever their order', () => {
  const images = [image('h/x:v1', 'amd64', amd, ['x:v1', 'old/x:v1']), image('h/x:v1', 'arm64', arm, ['x:v1', 'old/x:v1'])];
  const made =
    `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[` +
    `{"mediaType":"${MANIFEST}","digest":"sha256:${hex('a')}","size":500,"platform":{"architecture":"amd64","os":"linux"}},` +
    `{"mediaType":"${MANIFEST}","digest":"sha256:${hex('e')}","size":500,"platform":{"architecture":"arm64","os":"linux"}}]}`;
  const sum = createHash('sha256').update(made).digest('hex');
  assert.deepEqual(siteIndexes(images), [
    { index: { mediaType: INDEX, digest: digest('sha256', sum), size: made.length }, made, children: [amd, arm], targets: ['old/x:v1', 'x:v1'] },
  ]);
  assert.deepEqual(siteIndexes(images.toReversed()), siteIndexes(images));
  assert.deepEqual(siteIndexFiles(images), [
    {
      path: 'containers/indexes.tsv',
      text: `index\tmedia_type\tsize\tfile\ttargets\nsha256:${sum}\t${INDEX}\t${made.length}\tcontainers/indexes/sha256-${sum}.json\told/x:v1,x:v1\n`,
    },
    {
      path: 'containers/children.tsv',
      text:
        `index\tdigest\tmedia_type\tblobs\nsha256:${sum}\tsha256:${hex('a')}\t${MANIFEST}\t${hex('b')},${hex('c')},${hex('d')}\n` +
        `sha256:${sum}\tsha256:${hex('e')}\t${MANIFEST}\t${hex('f')},${hex('c')}\n`,
    },
    { path: `containers/indexes/sha256-${sum}.json`, text: made },
  ]);
});

test('one architecture, or two images for the same one, make no index and no files', () => {
  assert.deepEqual(siteIndexFiles([image('h/x:v1', 'amd64', amd, ['x:v1']), image('h/y:v1', 'arm64', arm, ['y:v1'])]), []);
  assert.deepEqual(siteIndexes([image('h/x:v1', 'amd64', amd, ['x:v1']), image('g/x:v1', 'amd64', arm, ['x:v1'])]), []);
});

test('an index that a name pins serves its tag, for every architecture; an image that it lists twice counts once', () => {
  const whole = { index: part('index type', '1', 900), children: [amd, arm, amd] };
  const images = (['amd64', 'arm64'] as const).map((arch, at) => image(`h/x:v1@sha256:${hex('1')}`, arch, { ...[amd, arm][at]!, whole }, ['x:v1']));
  assert.deepEqual(siteIndexes(images), [{ index: whole.index, children: [amd, arm], targets: ['x:v1'] }]);
  const [table, children, ...made] = siteIndexFiles(images);
  assert.match(table?.text ?? '', new RegExp(`\nsha256:${hex('1')}\tindex type\t900\tsources/images/sha256-${hex('1')}\\.json\tx:v1\n$`));
  assert.equal(children?.text.split('\n').length, 4);
  assert.deepEqual(made, []);
});

test('of two indexes pinned under one tag the second keeps its digest under a tag of its own', () => {
  const [one, two] = ['1', '2'].map((letter) => ({ index: part(INDEX, letter), children: [letter === '1' ? amd : arm] }));
  const images = [
    image(`h/x:v1@sha256:${hex('1')}`, 'amd64', { ...amd, whole: one! }, ['x:v1']),
    image(`h/x:v1@sha256:${hex('2')}`, 'amd64', { ...arm, whole: two! }, ['x:v1']),
  ];
  assert.deepEqual(
    siteIndexes(images).map(({ index, targets }) => [index.digest.hex[0], targets]),
    [
      ['2', ['x:sha256-222222222222']],
      ['1', ['x:v1']],
    ],
  );
});

test('blobs of an image come once, what is named first, then manifests', () => {
  const letters = (content: Parameters<typeof imageBlobs>[0]): string =>
    imageBlobs(content)
      .map(
        ({
          digest: {
            hex: [first],
          },
        }) => first,
      )
      .join('');
  assert.equal(letters(amd), 'abcd');
  assert.equal(letters({ ...amd, whole: { index: part(INDEX, '1'), children: [amd, arm] } }), '1aebcdf');
});

test('engines load a pinned image under its tag, one without a tag under twelve digits of its manifest', () => {
  const manifest = digest('sha256', hex('a'));
  const named = (text: string): string => loadedName(parseImageRef(text), manifest);
  assert.equal(named(`quay.io/x/y:v1@${formatDigest(digest('sha256', hex('1')))}`), 'quay.io/x/y:v1');
  assert.equal(named(`quay.io/x/y@${formatDigest(digest('sha256', hex('1')))}`), 'quay.io/x/y:sha256-aaaaaaaaaaaa');
});
