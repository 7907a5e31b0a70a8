/** Certificates of single registries, and registries that the user declared insecure: trust that ends at their host. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { type TestContext, test } from 'node:test';
import { certificateDirectories, createHostTrust } from '#src/clients/host-trust.js';
import { readBytes } from '#src/clients/read-body.js';
import { isLoopback } from '#src/clients/oci/is-loopback.js';
import { createRegistryClient } from '#src/clients/oci/registry.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import { testHttp } from '../support/http-client.ts';
import { startProxy } from '../support/proxy.ts';
import { hasPeer, selfSigned } from '../support/kit-registry.ts';
import { AMD64, ociImage } from '../support/registry-fixture.ts';
import { type Rule, scriptedServer } from '../support/scripted-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const image = ociImage('layer');
const manifest: Rule = {
  when: { path: '/v2/x/y/manifests/1' },
  then: { headers: { 'content-type': image.mediaType, 'docker-content-digest': image.digest }, body: image.bytes },
};
const ping: Rule = { when: { path: '/v2/' }, then: { body: '{}' } };
const hello: Rule = { when: { path: '/' }, then: { body: 'hello' } };
const blobs: Rule = { when: { path: /\/blobs\// }, then: { status: 404 } };

function certificate(t: TestContext) {
  if (!hasPeer(t, 'openssl', 'openssl')) return undefined;
  const files = selfSigned(tempDir(t));
  return { files, cert: readFileSync(files.ca, 'utf8'), key: readFileSync(files.key, 'utf8') };
}

const read = async (http: ReturnType<typeof testHttp>, url: string): Promise<string> => (await readBytes(await http.send(url), 100)).toString();

test('an authority named for one host is believed there and nowhere else', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const [known, other] = [await scriptedServer(t, [hello], tls), await scriptedServer(t, [hello], tls)];
  const http = testHttp(t, { trustOf: createHostTrust({ given: new Map([[`127.0.0.1:${known.port}`, tls.cert]]), directories: [] }) });
  assert.equal(await read(http, `${known.url}/`), 'hello');
  await assert.rejects(read(http, `${other.url}/`), /DEPTH_ZERO_SELF_SIGNED_CERT/);
});

test("docker's and podman's directories are read: HOST:PORT/*.crt", async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const server = await scriptedServer(t, [hello], tls);
  const directory = tempDir(t);
  mkdirSync(join(directory, `127.0.0.1:${server.port}`));
  copyFileSync(tls.files.ca, join(directory, `127.0.0.1:${server.port}`, 'site-ca.crt'));
  assert.equal(await read(testHttp(t, { trustOf: createHostTrust({ directories: ['/nowhere', directory] }) }), `${server.url}/`), 'hello');
  assert.deepEqual(certificateDirectories({ HOME: '/h' }), ['/etc/docker/certs.d', '/h/.config/containers/certs.d', '/etc/containers/certs.d']);
});

test('a client certificate beside it is shown to its host, to no other', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const shown: boolean[] = [];
  const start = async (): Promise<number> => {
    const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, ({ socket }, response) => {
      shown.push(socket instanceof TLSSocket && Object.keys(socket.getPeerCertificate()).length > 0);
      response.end('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => (server.closeAllConnections(), server.close()));
    return (server.address() as AddressInfo).port;
  };
  const [one, two] = [await start(), await start()];
  const directory = tempDir(t);
  const own = join(directory, `127.0.0.1:${one}`);
  mkdirSync(own);
  copyFileSync(tls.files.ca, join(own, 'client.cert'));
  copyFileSync(tls.files.key, join(own, 'client.key'));
  const http = testHttp(t, { caText: tls.cert, trustOf: createHostTrust({ directories: [directory] }) });
  await read(http, `https://127.0.0.1:${one}/`);
  await read(http, `https://127.0.0.1:${two}/`);
  assert.deepEqual(shown, [true, false]);
});

test('an insecure registry is spoken to by TLS when it can, its certificate unchecked', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const server = await scriptedServer(t, [ping, manifest, blobs], tls);
  const host = `127.0.0.1:${server.port}`;
  const client = createRegistryClient({
    http: testHttp(t, { insecureHosts: [host] }),
    mirrors: new Map(),
    insecureHosts: new Set([host]),
    signal: AbortSignal.timeout(10_000),
  });
  assert.notEqual(await client.resolve(parseImageRef(`${host}/x/y:1`), AMD64), undefined);
  assert.notEqual(await client.resolve(parseImageRef(`${host}/x/y:1`), AMD64), undefined);
  assert.equal(server.requests.filter(({ path }) => path === '/v2/').length, 1);
});

test('a registry that was not declared insecure gets neither plain http nor an unchecked certificate', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const [secret, insecure] = [await scriptedServer(t, [], tls), await scriptedServer(t, [ping, manifest, blobs])];
  const host = `127.0.0.1:${insecure.port}`;
  const client = createRegistryClient({
    http: testHttp(t, { insecureHosts: [host] }),
    mirrors: new Map(),
    insecureHosts: new Set([host]),
    signal: AbortSignal.timeout(10_000),
  });
  assert.notEqual(await client.resolve(parseImageRef(`${host}/x/y:1`), AMD64), undefined);
  await assert.rejects(client.resolve(parseImageRef(`127.0.0.1:${secret.port}/x/y:1`), AMD64), { code: 'NETWORK_UNREACHABLE' });
  const elsewhere = await startProxy(t, (await scriptedServer(t, [])).port);
  const through = testHttp(t, { proxy: { httpsProxy: `http://${elsewhere.host}`, httpProxy: `http://${elsewhere.host}` } });
  const far = createRegistryClient({ http: through, mirrors: new Map(), insecureHosts: new Set(), signal: AbortSignal.timeout(10_000) });
  await assert.rejects(far.resolve(parseImageRef('plain.example:5000/x/y:1'), AMD64), { code: 'NETWORK_UNREACHABLE' });
  assert.deepEqual([...new Set(elsewhere.seen.map(({ line }) => line))], ['CONNECT plain.example:5000']);
});

test('a registry of this machine is spoken to in plain http when it has no TLS, without being told', async (t) => {
  const server = await scriptedServer(t, [ping, manifest, blobs]);
  const client = createRegistryClient({ http: testHttp(t), mirrors: new Map(), insecureHosts: new Set(), signal: AbortSignal.timeout(10_000) });
  for (const host of ['127.0.0.1', 'localhost']) assert.notEqual(await client.resolve(parseImageRef(`${host}:${server.port}/x/y:1`), AMD64), undefined);
  await assert.rejects(client.resolve(parseImageRef('127.0.0.1:1/x/y:1'), AMD64), { code: 'NETWORK_UNREACHABLE' });
});

test('what is on this machine', () => {
  for (const host of ['localhost', 'localhost:5000', 'reg.localhost:1', '127.0.0.1:5000', '127.9.8.7', '[::1]:5000']) assert.ok(isLoopback(host), host);
  for (const host of ['localhost.example', 'mylocalhost', '128.0.0.1', '127.0.0.1.example', '10.0.0.1:5000', '[::2]', '127.0.0.1:5000@h'])
    assert.ok(!isLoopback(host), host);
});
