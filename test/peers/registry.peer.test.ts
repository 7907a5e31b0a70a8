/** Pulling from real registries, open, with htpasswd and with a token server; and what was pulled runs, and keeps its digest on the way back. */
import assert from 'node:assert/strict';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { imageFile } from '#src/assemble/image-file.js';
import { createCredentials } from '#src/clients/oci/credential-sources.js';
import { createRegistryClient, type RegistryClient } from '#src/clients/oci/registry.js';
import type { ImageArtifact } from '#src/domain/artifact.js';
import { formatDigest } from '#src/domain/digest.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import { fetchAll } from '#src/fetch/fetch-all.js';
import { openStore } from '#src/store/open-store.js';
import { dockerRegistry, hasPeer, USER } from '../support/kit-registry.ts';
import { testHttp } from '../support/http-client.ts';
import { AMD64 } from '../support/registry-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';
import { tokenServer } from '../support/token-server.ts';
import { dockerEngine, isRoot, skopeo } from './engines.ts';
import { pushStaticImage } from './static-image.ts';

const LOGIN = `${USER.REGISTRY_USER}:${USER.REGISTRY_PASS}`;
const BASIC = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
const signal = AbortSignal.timeout(120_000);

const hasRegistry = (t: TestContext): boolean => hasPeer(t, 'docker-registry', 'docker-registry') && hasPeer(t, 'busybox', 'busybox-static');

/** A client whose logins come from a docker config in a home of its own. */
function clientOf(t: TestContext, address: string, config: Record<string, unknown> = {}): RegistryClient {
  const home = tempDir(t);
  mkdirSync(join(home, '.docker'));
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(config));
  const credentials = createCredentials({ environment: { HOME: home }, signal });
  return createRegistryClient({ http: testHttp(t), mirrors: new Map(), insecureHosts: new Set([address]), credentials, signal });
}

/** Through the store into an image file, as a pack does it. */
async function pull(t: TestContext, client: RegistryClient, name: string): Promise<{ file: string; digest: string }> {
  const found = (await client.resolve(parseImageRef(name), AMD64)) ?? assert.fail(`${name} is not there`);
  const { repository, manifest, config, layers, platform } = found;
  const dir = tempDir(t);
  const store = await openStore(join(dir, 'cache'));
  const artifact: ImageArtifact = {
    kind: 'image',
    name,
    version: '1',
    arch: 'amd64',
    platform,
    repository,
    manifest,
    config,
    layers,
    path: 'containers/x.tgz',
    size: [manifest, config, ...layers].reduce((sum, { size }) => sum + size, 0),
    digests: [manifest.digest],
    source: name,
    reasons: ['a test'],
    targets: [],
  };
  const unused = () => Promise.reject(new Error('no such upstream here'));
  const upstream = { images: client, charmhub: { open: unused }, snaps: { open: unused, assertions: unused } };
  await fetchAll([artifact], { upstream, store, jobs: 6, tries: 3, keepGoing: false, signal, report: () => {} });
  const paths = new Map<string, string>();
  for (const { digest, size } of [manifest, config, ...layers]) paths.set(digest.hex, (await store.find(digest, size)) ?? assert.fail());
  const packed = imageFile({ reference: name, tag: '1', platform, manifest, config, layers, blobPath: ({ hex }) => paths.get(hex) ?? '' });
  const file = join(dir, 'image.tgz');
  await pipeline(packed.stream(signal), createWriteStream(file));
  return { file, digest: formatDigest(manifest.digest) };
}

test('an open registry: pulled, packed, pushed by skopeo and pulled again, the digest is the same', { timeout: 60_000 }, async (t) => {
  if (!hasRegistry(t) || !hasPeer(t, 'skopeo', 'skopeo')) return;
  const { address } = await dockerRegistry(t);
  const image = await pushStaticImage(tempDir(t), `http://${address}`, 'tools/busybox', '1');
  const client = clientOf(t, address);
  const first = await pull(t, client, `${address}/tools/busybox:1`);
  assert.equal(first.digest, image.digest);
  await skopeo.run('copy', '--preserve-digests', '--dest-tls-verify=false', `oci-archive:${first.file}`, `docker://${address}/back/busybox:1`);
  assert.equal((await pull(t, client, `${address}/back/busybox:1`)).digest, image.digest);
});

test('a registry with htpasswd: the login of docker opens it, none and a wrong one are told', { timeout: 60_000 }, async (t) => {
  if (!hasRegistry(t)) return;
  const { address } = await dockerRegistry(t, { auth: true });
  const image = await pushStaticImage(tempDir(t), `http://${address}`, 'tools/busybox', '1', () => Promise.resolve(BASIC));
  const name = `${address}/tools/busybox:1`;
  const auths = (login: string) => ({ auths: { [address]: { auth: Buffer.from(login).toString('base64') } } });
  assert.equal((await pull(t, clientOf(t, address, auths(LOGIN)), name)).digest, image.digest);
  await assert.rejects(clientOf(t, address).resolve(parseImageRef(name), AMD64), { code: 'NETWORK_DENIED' });
  await assert.rejects(clientOf(t, address, auths('operator:wrong')).resolve(parseImageRef(name), AMD64), { code: 'NETWORK_DENIED' });
});

test('a registry with a token server: password, identity token and nobody, each as far as it may', { timeout: 60_000 }, async (t) => {
  if (!hasRegistry(t) || !hasPeer(t, 'openssl', 'openssl')) return;
  const server = await tokenServer(t, tempDir(t), { login: LOGIN, seconds: 60 });
  const { address } = await dockerRegistry(t, { token: server });
  const bearer = (name: string) => async (): Promise<string> => {
    const query = new URLSearchParams({ service: server.service, scope: `repository:${name}:pull,push` });
    const answer = await fetch(`${server.realm}?${query.toString()}`, { headers: { authorization: BASIC } });
    return `Bearer ${((await answer.json()) as { token: string }).token}`;
  };
  const base = `http://${address}`;
  const open = await pushStaticImage(tempDir(t), base, 'public/busybox', '1', bearer('public/busybox'));
  const closed = await pushStaticImage(tempDir(t), base, 'private/busybox', '1', bearer('private/busybox'));
  const logins = {
    password: { auths: { [address]: { auth: Buffer.from(LOGIN).toString('base64') } } },
    identity: { auths: { [address]: { auth: Buffer.from('<token>:').toString('base64'), identitytoken: `refresh-${LOGIN}` } } },
  };
  for (const config of [logins.password, logins.identity])
    assert.equal((await pull(t, clientOf(t, address, config), `${address}/private/busybox:1`)).digest, closed.digest);
  const nobody = clientOf(t, address);
  assert.equal((await pull(t, nobody, `${address}/public/busybox:1`)).digest, open.digest);
  assert.equal(await nobody.resolve(parseImageRef(`${address}/private/busybox:1`), AMD64), undefined);
  assert.ok(server.issued() > 3);
});

test('a static program runs out of the packed image in docker, without any network', { timeout: 120_000 }, async (t) => {
  if (!isRoot(t) || !hasRegistry(t) || !hasPeer(t, 'dockerd', 'docker.io')) return;
  const { address } = await dockerRegistry(t);
  await pushStaticImage(tempDir(t), `http://${address}`, 'tools/busybox', '1');
  const { file } = await pull(t, clientOf(t, address), `${address}/tools/busybox:1`);
  const docker = await dockerEngine(t);
  await docker.run('load', '-i', file);
  assert.equal(await docker.run('run', '--rm', '--network', 'none', `${address}/tools/busybox:1`), 'it runs\n');
});
