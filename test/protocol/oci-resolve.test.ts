/** Tags to manifests, against a registry on a real socket (facts/oci.md 1.2, 1.3, 4.5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDigest } from '#src/domain/digest.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import {
  AMD64,
  ARM64,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  documentsAsked,
  entry,
  fixture,
  OCI_INDEX,
  OCI_MANIFEST,
  ociImage,
  ociIndex,
} from '../support/registry-fixture.ts';
import { document, type Script, sendDocument, sendError, type Served } from '../support/scripted-registry.ts';

/** Serves documents under tags and under their digests, like a registry without login. */
const serving =
  (tags: Record<string, Served>, others: readonly Served[] = []): Script =>
  ({ url }, response) => {
    const reference = /\/manifests\/([^?]+)/.exec(url)?.[1] ?? '';
    const found = tags[reference] ?? [...Object.values(tags), ...others].find(({ digest }) => digest === reference);
    if (found === undefined) sendError(response, 404, 'MANIFEST_UNKNOWN');
    else sendDocument(response, found);
  };

const image = ociImage('layer');

test('resolves a tag to the manifest whose bytes were served', async (t) => {
  const { registry, client } = await fixture(t, serving({ '3.9': image }));
  const found = await client.resolve(parseImageRef(`${registry.host}/cdk/pause:3.9`), AMD64);
  assert.equal(found?.repository, `${registry.host}/cdk/pause`);
  assert.equal(formatDigest(found.manifest.digest), image.digest);
  assert.equal(found.manifest.size, image.bytes.length);
  assert.equal(found.manifest.mediaType, OCI_MANIFEST);
  assert.deepEqual(found.manifestBytes, image.bytes);
  assert.equal(found.index, undefined);
  assert.equal(found.config.size, 'config of layer'.length);
  assert.deepEqual(
    found.layers.map(({ size }) => size),
    [5],
  );
  assert.deepEqual(
    registry.asked.map(({ method, url }) => `${method} ${url}`),
    ['GET /v2/cdk/pause/manifests/3.9', `GET /v2/cdk/pause/blobs/${formatDigest(found.config.digest)}`],
  );
});

test('asks for all four types in one Accept header, and never for schema 1', async (t) => {
  const { registry, client } = await fixture(t, serving({ '1': image }));
  await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64);
  assert.equal(registry.asked[0]?.headers.accept, [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST].join(', '));
});

test('a reference with tag and digest is fetched by digest', async (t) => {
  const { registry, client } = await fixture(t, serving({}, [image]));
  const found = await client.resolve(parseImageRef(`${registry.host}/x/y:gone@${image.digest}`), AMD64);
  assert.equal(formatDigest(found?.manifest.digest ?? assert.fail()), image.digest);
});

test('refuses bytes that are not those of the digest asked for', async (t) => {
  const { registry, client } = await fixture(t, (_, response) => sendDocument(response, ociImage('other'), { 'docker-content-digest': image.digest }));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y@${image.digest}`), AMD64), { code: 'INTEGRITY_MISMATCH' });
});

test('refuses a tag whose Docker-Content-Digest is not that of the body', async (t) => {
  const { registry, client } = await fixture(t, (_, response) => sendDocument(response, image, { 'docker-content-digest': ociImage('other').digest }));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), { code: 'INTEGRITY_MISMATCH' });
});

test('needs no Docker-Content-Digest and no HEAD', async (t) => {
  const { registry, client } = await fixture(t, ({ method }, response) => {
    if (method === 'HEAD') response.writeHead(405).end();
    else response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(image.bytes);
  });
  const found = await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64);
  assert.equal(formatDigest(found?.manifest.digest ?? assert.fail()), image.digest);
});

test('takes the platform out of an index and skips attestations', async (t) => {
  const arm = ociImage('arm');
  const note = ociImage('attestation');
  const index = ociIndex([
    entry(note, { platform: { os: 'unknown', architecture: 'unknown' }, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
    entry(image, { platform: { os: 'linux', architecture: 'amd64' } }),
    entry(arm, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
  ]);
  const { registry, client } = await fixture(t, serving({ '1': index }, [image, arm]));
  const ref = parseImageRef(`${registry.host}/x/y:1`);
  const amd = (await client.resolve(ref, AMD64)) ?? assert.fail();
  assert.equal(formatDigest(amd.manifest.digest), image.digest);
  assert.equal(formatDigest(amd.index?.digest ?? assert.fail()), index.digest);
  assert.deepEqual(amd.index?.bytes, index.bytes);
  assert.equal(formatDigest((await client.resolve(ref, ARM64))?.manifest.digest ?? assert.fail()), arm.digest);
});

test('an index of attestations alone has no image, and an entry without platform is taken when nothing else matches', async (t) => {
  const unknown = entry(ociImage('attestation'), { platform: { os: 'unknown', architecture: 'unknown' } });
  const annotated = entry(ociImage('another'), { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } });
  const { registry, client } = await fixture(
    t,
    serving({ none: ociIndex([unknown, annotated]), plain: ociIndex([unknown, annotated, entry(image)]) }, [image]),
  );
  const failing = client.resolve(parseImageRef(`${registry.host}/x/y:none`), AMD64);
  await assert.rejects(failing, {
    code: 'UPSTREAM_NOT_FOUND',
    facts: { what: 'platform', name: 'linux/amd64', where: `${registry.host}/x/y:none`, exists: [] },
  });
  const found = await client.resolve(parseImageRef(`${registry.host}/x/y:plain`), AMD64);
  assert.equal(formatDigest(found?.manifest.digest ?? assert.fail()), image.digest);
});

test('names the platforms there are when the wanted one is missing', async (t) => {
  const index = ociIndex([
    entry(image, { platform: { os: 'linux', architecture: '386' } }),
    entry(image, { platform: { os: 'linux', architecture: 'arm', variant: '7' } }),
  ]);
  const { registry, client } = await fixture(t, serving({ '1': index }, [image]));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), {
    code: 'UPSTREAM_NOT_FOUND',
    facts: { what: 'platform', name: 'linux/amd64', where: `${registry.host}/x/y:1`, exists: ['linux/386', 'linux/arm/v7'] },
  });
});

test('follows an index inside an index, but not five of them', async (t) => {
  const chain = [ociIndex([entry(image, { platform: AMD64 })])];
  for (let depth = 2; depth <= 5; depth += 1) chain.push(ociIndex([entry(chain.at(-1) ?? assert.fail())]));
  const { registry, client } = await fixture(t, serving({ four: chain[3] ?? image, five: chain[4] ?? image }, [image, ...chain]));
  const found = (await client.resolve(parseImageRef(`${registry.host}/x/y:four`), AMD64)) ?? assert.fail();
  assert.equal(formatDigest(found.manifest.digest), image.digest);
  assert.equal(formatDigest(found.index?.digest ?? assert.fail()), chain[3]?.digest);
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:five`), AMD64), { code: 'UPSTREAM_ANSWER' });
});

test('gives up on a registry that hangs forty indexes side by side', async (t) => {
  const empty = Array.from({ length: 40 }, (_, at) => ociIndex([entry(ociImage(`arm ${at}`), { platform: ARM64 })]));
  const { registry, client } = await fixture(t, serving({ '1': ociIndex(empty.map((one) => entry(one))) }, empty));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), { code: 'UPSTREAM_ANSWER' });
  assert.equal(registry.asked.length, 33);
});

for (const [what, wrong] of [
  ['size', { size: image.bytes.length + 1 }],
  ['mediaType', { mediaType: DOCKER_MANIFEST }],
] as const) {
  test(`refuses an entry of an index whose ${what} is not the child's`, async (t) => {
    const { registry, client } = await fixture(t, serving({ '1': ociIndex([{ ...entry(image, { platform: AMD64 }), ...wrong }]) }, [image]));
    await assert.rejects(
      client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64),
      (error: Error) => /INTEGRITY_MISMATCH/.test(error.message) && error.message.includes(`"field":"${what}"`),
    );
  });
}

test('an index that names a manifest the registry lacks is an error, not an unknown image', async (t) => {
  const { registry, client } = await fixture(t, serving({ '1': ociIndex([entry(image, { platform: AMD64 })]) }));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), { code: 'UPSTREAM_NOT_FOUND' });
});

const signed = document('application/vnd.docker.distribution.manifest.v1+prettyjws', {
  schemaVersion: 1,
  name: 'x/y',
  tag: '1',
  fsLayers: [{ blobSum: 'sha256:00' }],
});
const both = document(OCI_MANIFEST, { ...JSON.parse(image.bytes.toString('utf8')), manifests: [] });
const chart = ociImage('chart', { config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: image.digest, size: 3 } });
const encrypted = ociImage('x', { layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted', digest: image.digest, size: 3 }] });

for (const [name, served, path] of [
  ['schema 1', signed, 'schemaVersion'],
  ['a document that is index and image at once', both, ''],
  ['a Content-Type that contradicts the body', { ...image, mediaType: DOCKER_MANIFEST }, 'mediaType'],
  ['an image that calls itself an index', { ...ociImage('x', { mediaType: OCI_INDEX }), mediaType: 'application/json' }, 'mediaType'],
  ['a web page', { ...image, bytes: Buffer.from('<!doctype html><title>Login</title>'), digest: '', mediaType: 'text/html' }, ''],
  ['a chart', chart, 'config.mediaType'],
  ['an encrypted layer', encrypted, 'layers'],
  ['a layer without size', ociImage('x', { layers: [{ mediaType: 'a/b', digest: image.digest }] }), 'layers[0].size'],
  ['a digest in upper case', ociImage('x', { layers: [{ mediaType: 'a/b', digest: image.digest.toUpperCase(), size: 1 }] }), 'layers[0].digest'],
  ['more than 4 MiB', document(OCI_MANIFEST, { padding: ' '.repeat(4 * 1024 * 1024) }), ''],
] as const) {
  test(`refuses ${name} and says where`, async (t) => {
    const { registry, client } = await fixture(t, serving({ '1': served }));
    await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), (error: Error & { code?: string; facts?: { path: string } }) => {
      assert.equal(error.code, 'UPSTREAM_ANSWER');
      assert.equal(error.facts?.path, path);
      return true;
    });
  });
}

test('takes the type from Content-Type with parameters, and from the shape, when the body has none', async (t) => {
  const { config, layers } = JSON.parse(image.bytes.toString('utf8')) as { config: unknown; layers: unknown };
  const bare = document(`${DOCKER_MANIFEST}; charset=utf-8`, { schemaVersion: 2, config, layers });
  const { registry, client } = await fixture(t, serving({ typed: bare, untyped: { ...bare, mediaType: 'application/json' } }));
  assert.equal((await client.resolve(parseImageRef(`${registry.host}/x/y:typed`), AMD64))?.manifest.mediaType, DOCKER_MANIFEST);
  assert.equal((await client.resolve(parseImageRef(`${registry.host}/x/y:untyped`), AMD64))?.manifest.mediaType, OCI_MANIFEST);
});

test('an unknown tag is undefined and leaves a note', async (t) => {
  const { registry, client, notes } = await fixture(t, serving({}));
  assert.equal(await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), undefined);
  assert.deepEqual(notes, [`${registry.host}/x/y:1: MANIFEST_UNKNOWN: manifest_unknown said the registry`]);
});

test('other refusals are errors with what the registry says', async (t) => {
  const { registry, client } = await fixture(t, (_, response) => sendError(response, 400, 'NAME_INVALID'));
  await assert.rejects(client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), {
    code: 'NETWORK_STATUS',
    facts: { url: `${registry.url}/v2/x/y/manifests/1`, status: 400, tries: 1, detail: 'NAME_INVALID: name_invalid said the registry' },
  });
});

test('a manifest that breaks off is asked for again', async (t) => {
  let answers = 0;
  const { registry, client } = await fixture(t, (_, response) => {
    answers += 1;
    if (answers > 1) return sendDocument(response, image);
    response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': image.bytes.length });
    response.write(image.bytes.subarray(0, 20), () => response.destroy());
  });
  assert.notEqual(await client.resolve(parseImageRef(`${registry.host}/x/y:1`), AMD64), undefined);
  assert.equal(documentsAsked(registry).length, 2);
});

test('tells the warnings of a registry once', async (t) => {
  const { registry, client, notes } = await fixture(t, (_, response) => sendDocument(response, image, { warning: '299 - "this name \\"moves\\" in May"' }));
  const ref = parseImageRef(`${registry.host}/x/y:1`);
  await client.resolve(ref, AMD64);
  await client.resolve(ref, AMD64);
  assert.deepEqual(notes, [`${registry.host}/x/y: this name "moves" in May`]);
});

test('a mirror is asked instead of the host, told which host it stands for, and the image keeps its name', async (t) => {
  const scripted = await fixture(t, serving({ '1.36': image, '3.9': image }));
  const mirrors = new Map([
    ['docker.io', scripted.registry.url],
    ['rocks.canonical.com', `${scripted.registry.url}/prefix/`],
  ]);
  const { client } = await fixture(t, serving({}), { mirrors });
  assert.equal((await client.resolve(parseImageRef('busybox:1.36'), AMD64))?.repository, 'docker.io/library/busybox');
  assert.equal((await client.resolve(parseImageRef('rocks.canonical.com:443/cdk/pause:3.9'), AMD64))?.repository, 'rocks.canonical.com:443/cdk/pause');
  assert.deepEqual(
    documentsAsked(scripted.registry).map(({ url }) => url),
    ['/v2/library/busybox/manifests/1.36?ns=docker.io', '/prefix/v2/cdk/pause/manifests/3.9?ns=rocks.canonical.com%3A443'],
  );
});

test('manifest() hands out the bytes of a digest', async (t) => {
  const { registry, client } = await fixture(t, serving({}, [image]));
  const { manifest } = (await client.resolve(parseImageRef(`${registry.host}/x/y@${image.digest}`), AMD64)) ?? assert.fail();
  const { signal } = new AbortController();
  assert.deepEqual(await client.manifest(`${registry.host}/x/y`, manifest.digest, { signal }), image.bytes);
  await assert.rejects(client.manifest(`${registry.host}/x/y`, { algorithm: 'sha256', hex: '0'.repeat(64) }, { signal }), { code: 'UPSTREAM_NOT_FOUND' });
});
