/** Every kind of image: what is warned of, what is carried whole, where foreign layers come from (facts/oci.md 4.5-4.7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from '#src/clients/oci/document.js';
import { loadWarnings } from '#src/clients/oci/load-warnings.js';
import { decodeConfig } from '#src/clients/oci/read-config.js';
import { formatDigest, parseDigest } from '#src/domain/digest.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import { AMD64, ARM64, entry, fixture, OCI_MANIFEST, ociImage, ociIndex } from '../support/registry-fixture.ts';
import { document, scriptedRegistry, type Script, sendDocument, sendError, type Served, sha256 } from '../support/scripted-registry.ts';

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const signal = AbortSignal.timeout(10_000);
const blob = (mediaType: string, bytes: Buffer | string, extra: Record<string, unknown> = {}) => ({
  mediaType,
  digest: sha256(bytes),
  size: Buffer.byteLength(bytes),
  ...extra,
});
const imageOf = (config: Buffer, layers: readonly unknown[], configType = CONFIG): Served =>
  document(OCI_MANIFEST, { schemaVersion: 2, mediaType: OCI_MANIFEST, config: blob(configType, config), layers });
const configOf = (architecture: string, layers = 1): Buffer =>
  Buffer.from(JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: Array.from({ length: layers }, () => sha256('x')) } }));

/** Documents by tag or digest, blobs by digest. */
const serving =
  (tags: Record<string, Served>, documents: readonly Served[], blobs: readonly (Buffer | string)[]): Script =>
  ({ url }, response) => {
    const reference = decodeURIComponent(/\/(?:manifests|blobs)\/([^?]+)/.exec(url)?.[1] ?? '');
    const found = tags[reference] ?? [...Object.values(tags), ...documents].find(({ digest }) => digest === reference);
    const bytes = blobs.find((one) => sha256(one) === reference);
    if (url.includes('/manifests/') && found !== undefined) sendDocument(response, found);
    else if (url.includes('/blobs/') && bytes !== undefined) response.writeHead(200).end(bytes);
    else sendError(response, 404, 'BLOB_UNKNOWN');
  };

async function warningsOf(t: Parameters<typeof fixture>[0], image: Served, blobs: readonly Buffer[], platform = AMD64): Promise<readonly string[]> {
  const { registry, client } = await fixture(t, serving({ 1: image }, [], blobs));
  const found = await client.resolve(parseImageRef(`${registry.host}/x/y:1`), platform);
  return (found ?? assert.fail()).warnings.map((text) => text.replace(registry.host, 'HOST'));
}

test('a single manifest whose config names another architecture is warned of', async (t) => {
  const config = configOf('arm64');
  const image = imageOf(config, [blob(LAYER, 'l')]);
  assert.deepEqual(await warningsOf(t, image, [config]), ['image HOST/x/y:1: it is for linux/arm64, not for linux/amd64']);
  assert.deepEqual(await warningsOf(t, image, [config], ARM64), []);
  assert.deepEqual(await warningsOf(t, image, []), []);
});

test('the variant that says nothing is no other platform, and the config is not believed against its digest', async (t) => {
  const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'arm64', variant: 'v8' }));
  assert.deepEqual(await warningsOf(t, imageOf(config, []), [config], ARM64), []);
  const { registry, client } = await fixture(t, ({ url }, response) =>
    url.includes('/blobs/') ? response.writeHead(200).end(configOf('s390x')) : sendDocument(response, imageOf(config, [])),
  );
  assert.deepEqual((await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64))?.warnings, []);
});

test('the config of a single manifest is handed out, so that it is not asked for again', async (t) => {
  const config = configOf('amd64');
  const image = imageOf(config, [blob(LAYER, 'l')]);
  const { registry, client } = await fixture(t, serving({ 1: image }, [], [config]));
  const found = (await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64)) ?? assert.fail();
  assert.deepEqual(
    found.documents.map(({ digest, bytes }) => [formatDigest(digest), bytes]),
    [
      [image.digest, image.bytes],
      [sha256(config), config],
    ],
  );
});

const layer = (mediaType: string, urls?: readonly string[]) => ({ mediaType, digest: parseDigest(sha256('l')), size: 1, ...(urls && { urls }) });

for (const [what, facts, wanted] of [
  ['zstd layers', { layers: [layer(LAYER.replace('gzip', 'zstd'))] }, /zstd, which Docker before 23\.0 and containerd before 1\.5 cannot unpack/],
  [
    'foreign layers',
    { layers: [layer('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', ['https://mcr.example/l'])] },
    /1 of its layers are foreign \(mcr\.example\)/,
  ],
  ['layers beyond what docker stacks', { layers: Array.from({ length: 126 }, () => layer(LAYER)) }, /126 layers, and Docker loads at most 125/],
  ['a config that counts otherwise', { layers: [layer(LAYER)], config: decodeConfig(configOf('amd64', 2)) }, /counts 2 layers and its manifest 1/],
] as const) {
  test(`warns of ${what}`, () => {
    const found = loadWarnings('h/x:1', { platform: AMD64, ...facts });
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', wanted);
  });
}

test('an ordinary image warns of nothing, nor does a config that is no JSON', () => {
  assert.deepEqual(loadWarnings('h/x:1', { layers: [layer(LAYER)], platform: AMD64, config: decodeConfig(configOf('amd64')) }), []);
  assert.deepEqual(loadWarnings('h/x:1', { layers: [layer(LAYER)], platform: AMD64, config: decodeConfig(Buffer.from('\0')) }), []);
});

test('an index pinned by its digest brings every child, attestations too; a tag brings the one platform', async (t) => {
  const [amd, arm] = [ociImage('amd'), ociImage('arm')];
  const attestation = imageOf(Buffer.from('{}'), [blob('application/vnd.in-toto+json', 'sbom')], 'application/vnd.oci.empty.v1+json');
  const index = ociIndex([
    entry(amd, { platform: AMD64 }),
    entry(arm, { platform: ARM64 }),
    entry(attestation, { platform: { os: 'unknown', architecture: 'unknown' }, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
  ]);
  const { registry, client } = await fixture(t, serving({ 1: index }, [amd, arm, attestation], []));
  const tagged = (await client.resolve(parseImageRef(`${registry.host}/x/y:1`), ARM64)) ?? assert.fail();
  assert.equal(tagged.whole, undefined);
  const pinned = (await client.resolve(parseImageRef(`${registry.host}/x/y:1@${index.digest}`), ARM64)) ?? assert.fail();
  assert.equal(formatDigest(pinned.manifest.digest), arm.digest);
  assert.equal(formatDigest(pinned.whole?.index.digest ?? assert.fail()), index.digest);
  assert.deepEqual(
    pinned.whole?.children.map(({ manifest, layers }) => [formatDigest(manifest.digest), layers.length]),
    [
      [amd.digest, 1],
      [arm.digest, 1],
      [attestation.digest, 1],
    ],
  );
  assert.deepEqual(new Set(pinned.documents.map(({ digest }) => formatDigest(digest))), new Set([amd, arm, attestation, index].map(({ digest }) => digest)));
});

test('a pinned index that lacks a child is an error at planning', async (t) => {
  const [amd, arm] = [ociImage('amd'), ociImage('arm')];
  const index = ociIndex([entry(amd, { platform: AMD64 }), entry(arm, { platform: ARM64 })]);
  const { registry, client } = await fixture(t, serving({ 1: index }, [amd], []));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y@${index.digest}`), AMD64), { code: 'UPSTREAM_NOT_FOUND' });
});

test('a chart is no image, unless the caller can carry it', async (t) => {
  const chart = imageOf(Buffer.from('{}'), [blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'c')], 'application/vnd.cncf.helm.config.v1+json');
  const { registry, client } = await fixture(t, serving({ 1: chart }, [], []));
  const ref = parseImageRef(`${registry.host}/charts/nginx:1`);
  await assert.rejects(client.resolve(ref, AMD64), { code: 'UPSTREAM_ANSWER' });
  const found = (await client.resolve(ref, AMD64, { artifacts: 'allow' })) ?? assert.fail();
  assert.equal(found.config.mediaType, 'application/vnd.cncf.helm.config.v1+json');
  assert.equal(found.layers.length, 1);
});

test('schema 1 is refused with what to do', () => {
  const text = JSON.stringify({ schemaVersion: 1, fsLayers: [], name: 'x' });
  assert.throws(() => decodeDocument(Buffer.from(text), '', { url: 'u' }), /the publisher has to push the image again/);
});

test('a foreign layer that the registry lacks comes from its addresses, without the login; only web addresses count', async (t) => {
  const bytes = Buffer.from('windows');
  const seen: (string | undefined)[] = [];
  const away = await scriptedRegistry(({ url, headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(url === '/layer' ? 200 : 404).end(bytes);
  });
  t.after(() => away.close());
  const urls = ['file:///etc/passwd', `${away.url}/gone`, `${away.url}/layer`];
  const config = configOf('amd64');
  const image = imageOf(config, [blob('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', bytes, { urls })]);
  const open = serving({ 1: image }, [], [config]);
  const { registry, client } = await fixture(
    t,
    (asked, response) =>
      asked.headers.authorization === undefined ? sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' }) : open(asked, response),
    { credentials: () => ({ kind: 'password', username: 'u', password: 'p' }) },
  );
  const found = (await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64)) ?? assert.fail();
  const [foreign = assert.fail()] = found.layers;
  assert.deepEqual(foreign.urls, urls.slice(1));
  const response = await client.open(found.repository, foreign.digest, { offset: 0, signal, urls: foreign.urls ?? [] });
  assert.equal(Buffer.concat(await response.body.toArray()).toString(), 'windows');
  assert.deepEqual(seen, [undefined, undefined]);
  await assert.rejects(client.open(found.repository, foreign.digest, { offset: 0, signal, urls: [`${away.url}/gone`] }), { code: 'UPSTREAM_NOT_FOUND' });
  await assert.rejects(client.open(found.repository, foreign.digest, { offset: 0, signal }), { code: 'UPSTREAM_NOT_FOUND' });
});
