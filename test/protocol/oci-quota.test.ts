/** The quota of manifests that Docker Hub counts: read, and said before it is used up (facts/oci.md 1.8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDigest } from '#src/domain/digest.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import type { ImageArtifact } from '#src/domain/artifact.js';
import { pullWarnings } from '#src/pipeline/pull-warnings.js';
import { openStore } from '#src/store/open-store.js';
import { AMD64, fixture, ociImage } from '../support/registry-fixture.ts';
import { sendDocument, sendError } from '../support/scripted-registry.ts';
import { tempDir } from '../support/temp-dir.ts';

const image = ociImage('layer');
const digest = parseDigest(image.digest);

test('the number that remains is asked for with HEAD and read with its window cut off', async (t) => {
  let header: string | undefined = '87;w=21600';
  const { registry, client } = await fixture(t, (_, response) => sendDocument(response, image, header === undefined ? {} : { 'ratelimit-remaining': header }));
  assert.equal(await client.remainingPulls(`${registry.host}/x/y`, digest), 87);
  assert.deepEqual(
    registry.asked.map(({ method }) => method),
    ['HEAD'],
  );
  header = undefined;
  assert.equal(await client.remainingPulls(`${registry.host}/x/y`, digest), undefined);
});

test('a registry that refuses HEAD has no number, and that is no error', async (t) => {
  const { registry, client } = await fixture(t, (_, response) => sendError(response, 405, 'UNSUPPORTED'));
  assert.equal(await client.remainingPulls(`${registry.host}/x/y`, digest), undefined);
});

test('few remaining are warned of once, many are not', async (t) => {
  for (const [remaining, wanted] of [
    ['9;w=21600', 1],
    ['100;w=21600', 0],
  ] as const) {
    const warnings: string[] = [];
    const { registry, client } = await fixture(t, (_, response) => sendDocument(response, image, { 'ratelimit-remaining': remaining }), {
      warn: (message) => warnings.push(message),
    });
    for (let count = 0; count < 3; count += 1) await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64);
    assert.equal(warnings.length, wanted);
  }
});

test('a plan that needs more manifests than remain is warned of, with both numbers; those in the store do not count', async (t) => {
  const store = await openStore(tempDir(t));
  const artifact = (name: string): ImageArtifact => {
    const { bytes, digest: own, mediaType } = ociImage(name);
    const manifest = { mediaType, digest: parseDigest(own), size: bytes.length };
    const rest = { version: '1', source: 's', reasons: ['r'], targets: [], layers: [], config: manifest, arch: 'amd64', platform: AMD64 } as const;
    return { kind: 'image', name, path: name, size: 1, digests: [manifest.digest], repository: `docker.io/library/${name}`, manifest, ...rest };
  };
  const images = ['a', 'b', 'c'].map(artifact);
  assert.deepEqual(await pullWarnings(images, store, () => Promise.resolve(2)), [
    'docker.io hands out 2 more manifests for now, and this plan needs 3: log in, or ask a mirror',
  ]);
  await store.put(ociImage('a').bytes, { what: 'a', size: images[0]?.manifest.size ?? 0, digests: [parseDigest(ociImage('a').digest)] });
  assert.deepEqual(await pullWarnings(images, store, () => Promise.resolve(2)), []);
  assert.deepEqual(await pullWarnings(images, store, () => Promise.resolve(undefined)), []);
  const { manifest, config, layers } = images[2] ?? assert.fail();
  const children = images.map((image) => ({ manifest: image.manifest, config, layers }));
  const pinned = { ...(images[2] ?? assert.fail()), whole: { index: artifact('index').manifest, children } };
  assert.deepEqual(
    await pullWarnings([pinned], store, () => Promise.resolve(2)),
    ['docker.io hands out 2 more manifests for now, and this plan needs 3: log in, or ask a mirror'],
    `the index, ${manifest.digest.hex} once, and the other that is not in the store`,
  );
});
