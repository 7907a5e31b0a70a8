/** Image files against the real engines, and the registry client against a real registry (facts/real-peers.md). */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createRegistryClient, type RegistryClientOptions } from '#src/clients/oci/registry.js';
import { formatDigest } from '#src/domain/digest.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import { dockerRegistry, hasPeer, USER } from '../support/kit-registry.ts';
import { AMD64, ARM64, testHttp } from '../support/registry-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';
import { dockerEngine, isRoot, podmanEngine, skopeo } from './engines.ts';
import { sampleImage } from './sample-image.ts';

const NAME = 'rocks.canonical.com:443/cdk/pause:3.9';
const signal = AbortSignal.timeout(120_000);

async function gunzipped(file: string): Promise<string> {
  await writeFile(`${file}.tar`, gunzipSync(await readFile(file)));
  return `${file}.tar`;
}

function clientOf(t: Parameters<typeof testHttp>[0], address: string, more: Partial<RegistryClientOptions> = {}) {
  return createRegistryClient({ http: testHttp(t), mirrors: new Map(), insecureHosts: new Set([address]), signal, ...more });
}

for (const form of ['oci', 'docker'] as const) {
  test(`docker loads the image file (${form} types) under its name, and containerd with its digest`, { timeout: 120_000 }, async (t) => {
    if (!isRoot(t) || !hasPeer(t, 'dockerd', 'docker.io') || !hasPeer(t, 'docker', 'docker.io') || !hasPeer(t, 'ctr', 'containerd')) return;
    const image = await sampleImage(tempDir(t), NAME, form);
    const docker = await dockerEngine(t);
    assert.equal((await docker.run('load', '-i', image.file)).trim(), `Loaded image: ${NAME}`);
    assert.equal((await docker.run('image', 'inspect', '--format', '{{.Id}} {{len .RootFS.Layers}}', NAME)).trim(), `${formatDigest(image.config.digest)} 2`);
    await docker.ctr('images', 'import', await gunzipped(image.file));
    const row = (await docker.ctr('images', 'ls')).split('\n').find((line) => line.startsWith(NAME));
    assert.deepEqual(row?.split(/\s+/).slice(0, 3), [NAME, image.manifest.mediaType, formatDigest(image.manifest.digest)]);
  });

  test(`podman loads the image file (${form} types) under its name`, { timeout: 60_000 }, async (t) => {
    if (!hasPeer(t, 'podman', 'podman')) return;
    const image = await sampleImage(tempDir(t), NAME, form);
    const podman = podmanEngine(t);
    assert.match(await podman.run('load', '-i', image.file), new RegExp(`Loaded image: ${NAME}`));
    assert.equal((await podman.run('image', 'inspect', '--format', '{{.Id}} {{index .RepoTags 0}}', NAME)).trim(), `${image.config.digest.hex} ${NAME}`);
  });

  test(`skopeo copies the image file (${form} types) into a registry with its digest, and the client pulls the same bytes`, { timeout: 60_000 }, async (t) => {
    if (!hasPeer(t, 'skopeo', 'skopeo') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
    const image = await sampleImage(tempDir(t), NAME, form);
    const { address } = await dockerRegistry(t);
    await skopeo.run('copy', '--preserve-digests', '--dest-tls-verify=false', `oci-archive:${image.file}`, `docker://${address}/cdk/pause:3.9`);
    const client = clientOf(t, address);
    const found = (await client.resolve(parseImageRef(`${address}/cdk/pause:3.9`), AMD64)) ?? assert.fail('not in the registry');
    assert.deepEqual(found.manifest, image.manifest);
    assert.deepEqual(found.config, image.config);
    assert.deepEqual(found.layers, image.layers);
    for (const { digest, size } of [found.config, ...found.layers]) {
      const whole = await client.open(found.repository, digest, { offset: 0, signal });
      assert.deepEqual(Buffer.concat(await whole.body.toArray()), image.blobs.get(digest.hex));
      const rest = await client.open(found.repository, digest, { offset: 10, signal });
      assert.equal(rest.status, 206);
      assert.equal(Buffer.concat(await rest.body.toArray()).length, size - 10);
    }
    assert.equal(await client.resolve(parseImageRef(`${address}/cdk/pause:gone`), AMD64), undefined);
    assert.equal(await client.resolve(parseImageRef(`${address}/cdk/gone:3.9`), AMD64), undefined);
  });
}

test('skopeo reads the image file as docker-archive once it is unzipped', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo')) return;
  const image = await sampleImage(tempDir(t), NAME);
  const raw = await skopeo.run('inspect', '--config', '--raw', `docker-archive:${await gunzipped(image.file)}`);
  assert.equal(raw.trim(), image.blobs.get(image.config.digest.hex)?.toString());
});

test('the client chooses out of an index that a real registry holds', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const image = await sampleImage(tempDir(t), NAME);
  const { address } = await dockerRegistry(t);
  await skopeo.run('copy', '--preserve-digests', '--dest-tls-verify=false', `oci-archive:${image.file}`, `docker://${address}/cdk/pause:3.9`);
  const { mediaType, size, digest } = image.manifest;
  const index = 'application/vnd.oci.image.index.v1+json';
  const manifests = [{ mediaType, size, digest: formatDigest(digest), platform: { os: 'linux', architecture: 'amd64' } }];
  const put = await fetch(`http://${address}/v2/cdk/pause/manifests/multi`, {
    method: 'PUT',
    headers: { 'content-type': index },
    body: JSON.stringify({ schemaVersion: 2, mediaType: index, manifests }),
  });
  assert.equal(put.status, 201);
  const client = clientOf(t, address);
  const found = (await client.resolve(parseImageRef(`${address}/cdk/pause:multi`), AMD64)) ?? assert.fail('not in the registry');
  assert.deepEqual(found.manifest, image.manifest);
  assert.equal(formatDigest(found.index?.digest ?? assert.fail('no index')), put.headers.get('docker-content-digest'));
  await assert.rejects(client.resolve(parseImageRef(`${address}/cdk/pause:multi`), ARM64), { code: 'UPSTREAM_NOT_FOUND' });
});

test('the client logs in to a registry that asks for a password', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const image = await sampleImage(tempDir(t), NAME);
  const { address } = await dockerRegistry(t, { auth: true });
  const { REGISTRY_USER: username, REGISTRY_PASS: password } = USER;
  const login = ['--dest-creds', `${username}:${password}`, '--dest-tls-verify=false'];
  await skopeo.run('copy', '--preserve-digests', ...login, `oci-archive:${image.file}`, `docker://${address}/cdk/pause:3.9`);
  const ref = parseImageRef(`${address}/cdk/pause:3.9`);
  const found = await clientOf(t, address, { credentials: () => ({ kind: 'password', username, password }) }).resolve(ref, AMD64);
  assert.deepEqual(found?.manifest, image.manifest);
  await assert.rejects(clientOf(t, address).resolve(ref, AMD64), { code: 'NETWORK_DENIED' });
  await assert.rejects(clientOf(t, address, { credentials: () => ({ kind: 'password', username, password: 'wrong' }) }).resolve(ref, AMD64), {
    code: 'NETWORK_DENIED',
  });
});
