/** Pushing: what registries answer in good and bad times, and what may not be passed on (facts/oci.md 1.5, 1.6, 2.1). */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, describe, test } from 'node:test';
import { endpointOf } from '#src/clients/oci/endpoint.js';
import type { Credential } from '#src/clients/oci/token.js';
import type { BlobToPush } from '#src/clients/oci/push-blob.js';
import { createPushClient, type PushClient, type PushClientOptions } from '#src/clients/oci/push.js';
import { uploadLocation } from '#src/clients/oci/upload-location.js';
import { ShrinkwrapError } from '#src/domain/errors.js';
import { digestOf, noise } from '../support/expectation.ts';
import { failure } from '../support/failure.ts';
import { testHttp } from '../support/http-client.ts';
import * as kit from '../support/kit-registry.ts';
import { ociImage } from '../support/registry-fixture.ts';
import { type Script, type ScriptedRegistry, scriptedRegistry, sendError } from '../support/scripted-registry.ts';

const BYTES = noise(200_000);
const DIGEST = `sha256:${digestOf(BYTES).hex}`;
const LOGIN: Credential = { kind: 'password', username: kit.USER.REGISTRY_USER, password: kit.USER.REGISTRY_PASS };
const signal = AbortSignal.timeout(30_000);

function clientOf(t: TestContext, address: string, options: Partial<PushClientOptions> = {}): PushClient {
  return createPushClient({
    http: testHttp(t, { retries: 3 }),
    insecureHosts: new Set([address]),
    delays: { baseMs: 1, capMs: 20 },
    tries: 3,
    signal,
    ...options,
  });
}

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield await Promise.resolve(bytes.subarray(at, at + 10_000));
}

const blob = (extra: Partial<BlobToPush> = {}): BlobToPush => ({ digest: digestOf(BYTES), size: BYTES.length, open: () => chunks(BYTES), ...extra });
const put = (client: PushClient, address: string, extra: Partial<BlobToPush> = {}) => client.putBlob(`${address}/a/b`, blob(extra), signal);
const methods = ({ requests }: kit.ScriptedRegistry): string[] => requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);

/** A registry that takes everything, but for what the test answers itself. */
async function answering(t: TestContext, own: (...args: Parameters<Script>) => boolean): Promise<ScriptedRegistry> {
  const registry = await scriptedRegistry((asked, response) => {
    if (own(asked, response)) return;
    if (asked.method === 'HEAD') response.writeHead(404).end();
    else if (asked.method === 'POST') response.writeHead(202, { location: '/v2/a/b/blobs/uploads/u' }).end();
    else response.writeHead(201).end();
  });
  t.after(() => registry.close());
  return registry;
}

const sent = ({ asked }: ScriptedRegistry): string[] => asked.map(({ method }) => method);

describe('blobs', () => {
  for (const location of ['path', 'beside', 'absolute', 'query', 'other-scheme'] as const)
    test(`an upload at a Location of the form "${location}"`, async (t) => {
      const registry = await kit.scriptedRegistry(t, { location });
      assert.equal(await put(clientOf(t, registry.address), registry.address), 'uploaded');
      assert.deepEqual(registry.blobs.get(`a/b@${DIGEST}`), BYTES);
    });
  test('what is there is not sent, and a redirect to its storage means that it is there', async (t) => {
    for (const redirect of [false, true]) {
      const registry = await kit.scriptedRegistry(t, { redirect });
      registry.blobs.set(`a/b@${DIGEST}`, BYTES);
      assert.equal(await put(clientOf(t, registry.address), registry.address), 'present');
      assert.deepEqual(methods(registry).slice(-1), [`HEAD /v2/a/b/blobs/${DIGEST}`]);
      assert.ok(!methods(registry).some((line) => line.startsWith('POST')));
    }
  });
  test('an empty blob is sent as well', async (t) => {
    const registry = await kit.scriptedRegistry(t);
    const empty = Buffer.alloc(0);
    await put(clientOf(t, registry.address), registry.address, { digest: digestOf(empty), size: 0, open: () => chunks(empty) });
    assert.deepEqual(registry.blobs.get(`a/b@sha256:${digestOf(empty).hex}`), empty);
  });
  test('what a repository beside it has is mounted; a registry that does not mount has opened an upload', async (t) => {
    const registry = await kit.scriptedRegistry(t);
    registry.blobs.set(`c/d@${DIGEST}`, BYTES);
    const client = clientOf(t, registry.address);
    assert.equal(await put(client, registry.address, { from: 'c/d' }), 'mounted');
    registry.blobs.delete(`a/b@${DIGEST}`);
    registry.blobs.delete(`c/d@${DIGEST}`);
    registry.requests.length = 0;
    assert.equal(await put(client, registry.address, { from: 'c/d' }), 'uploaded');
    assert.deepEqual(
      methods(registry).map((line) => line.split(' ')[0]),
      ['HEAD', 'POST', 'PUT'],
    );
  });
  test('a registry that refuses the very question for a mount is asked for an upload', async (t) => {
    const registry = await answering(t, ({ url }, response) => {
      if (!url.includes('mount=')) return false;
      sendError(response, 405, 'UNSUPPORTED');
      return true;
    });
    assert.equal(await put(clientOf(t, registry.host), registry.host, { from: 'c/d' }), 'uploaded');
    assert.deepEqual(sent(registry).slice(-4), ['HEAD', 'POST', 'POST', 'PUT']);
  });
});

describe('bad times', () => {
  for (const fault of [500, 503, 429, 'cut'] as const)
    test(`${fault} for the bytes: a new upload, and they arrive once`, async (t) => {
      const registry = await kit.scriptedRegistry(t, { fault: (method, _path, count) => (method === 'PUT' && count === 1 ? fault : undefined) });
      const retries: string[] = [];
      assert.equal(await put(clientOf(t, registry.address, { onRetry: ({ reason }) => retries.push(reason) }), registry.address), 'uploaded');
      assert.deepEqual(registry.blobs.get(`a/b@${DIGEST}`), BYTES);
      assert.equal(retries.length, 1);
      assert.deepEqual(
        methods(registry)
          .slice(-6)
          .map((line) => line.split(' ')[0]),
        ['HEAD', 'POST', 'PUT', 'HEAD', 'POST', 'PUT'],
      );
    });
  test('Retry-After is waited for', async (t) => {
    let first: number | undefined;
    let waited = 0;
    const registry = await answering(t, ({ method }, response) => {
      if (method !== 'PUT') return false;
      if (first !== undefined) {
        waited = Date.now() - first;
        return false;
      }
      first = Date.now();
      sendError(response, 429, 'TOOMANYREQUESTS', { 'retry-after': '1' });
      return true;
    });
    assert.equal(await put(clientOf(t, registry.host, { delays: { baseMs: 1, capMs: 5000 } }), registry.host), 'uploaded');
    assert.ok(waited >= 900, `${waited} ms`);
  });
  test('an answer that is lost after the bytes arrived costs one more question', async (t) => {
    const registry = await kit.scriptedRegistry(t, {
      fault: (method, path, count) => {
        if (method !== 'PUT' || count !== 1) return undefined;
        registry.blobs.set(`a/b@${DIGEST}`, BYTES);
        return path === '' ? undefined : 'cut';
      },
    });
    assert.equal(await put(clientOf(t, registry.address), registry.address), 'uploaded');
    assert.deepEqual(
      methods(registry)
        .slice(-4)
        .map((line) => line.split(' ')[0]),
      ['HEAD', 'POST', 'PUT', 'HEAD'],
    );
  });
  test('an upload that the registry has forgotten, or that holds other bytes, begins again', async (t) => {
    for (const code of ['BLOB_UPLOAD_UNKNOWN', 'DIGEST_INVALID']) {
      let puts = 0;
      const registry = await answering(t, ({ method }, response) => {
        if (method !== 'PUT' || ++puts > 1) return false;
        sendError(response, code === 'DIGEST_INVALID' ? 400 : 404, code);
        return true;
      });
      assert.equal(await put(clientOf(t, registry.host), registry.host), 'uploaded');
      assert.equal(puts, 2);
    }
  });
  test('a registry that takes no more bytes is given up, and tried again', async (t) => {
    let connections = 0;
    const server = createServer((request, response) => {
      if (request.method === 'HEAD') return void response.writeHead(404).end();
      if (request.method === 'POST') return void response.writeHead(202, { location: '/v2/a/b/blobs/uploads/u' }).end();
      connections += 1;
      // The first one reads nothing, ever.
      if (connections > 1) request.resume().on('end', () => response.writeHead(201).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => (server.closeAllConnections(), server.close()));
    const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const large = Buffer.alloc(20_000_000, 'more than sockets hold');
    const options = { digest: digestOf(large), size: large.length, open: () => chunks(large) };
    assert.equal(await put(clientOf(t, address, { stallMs: 300 }), address, options), 'uploaded');
    assert.equal(connections, 2);
  });
  test('tries end, with the last reason', async (t) => {
    const registry = await kit.scriptedRegistry(t, { fault: (method) => (method === 'PUT' ? 503 : undefined) });
    const facts = await failure(put(clientOf(t, registry.address), registry.address), 'NETWORK_STATUS');
    assert.deepEqual([facts.status, facts.tries, registry.blobs.size], [503, 3, 0]);
  });
  test('no is no: it is not tried again', async (t) => {
    const registry = await kit.scriptedRegistry(t, { fault: (method) => (method === 'PUT' ? 413 : undefined) });
    assert.equal((await failure(put(clientOf(t, registry.address), registry.address), 'NETWORK_STATUS')).status, 413);
    assert.equal(methods(registry).filter((line) => line.startsWith('PUT')).length, 1);
  });
});

describe('what may not be passed on', () => {
  test('what the source fails with comes out as it is, and nothing is stored', async (t) => {
    const registry = await kit.scriptedRegistry(t);
    const wrong = new ShrinkwrapError('INTEGRITY_MISMATCH', { what: 'the source', field: 'sha256', wanted: 'a', found: 'b' });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* chunks(BYTES.subarray(0, 100_000));
      throw wrong;
    }
    await assert.rejects(put(clientOf(t, registry.address), registry.address, { open: failing }), (error) => error === wrong);
    assert.equal(registry.blobs.size, 0);
  });
  test('a registry that says it has other bytes is not believed', async (t) => {
    const other = `sha256:${'0'.repeat(64)}`;
    const registry = await answering(t, ({ method }, response) => {
      if (method !== 'PUT') return false;
      response.writeHead(201, { 'docker-content-digest': other }).end();
      return true;
    });
    const { wanted, found } = await failure(put(clientOf(t, registry.host), registry.host), 'INTEGRITY_MISMATCH');
    assert.deepEqual([wanted, found], [DIGEST, other]);
  });
  test('a Location on another host without TLS is refused where the registry itself has it', () => {
    const endpoint = endpointOf('reg.example/a/b', { mirrors: new Map(), insecureHosts: new Set() });
    const at = (location: string | undefined): string => uploadLocation(location, 'https://reg.example/v2/a/b/blobs/uploads/', endpoint);
    assert.throws(() => at('http://other.example/u'), { code: 'NETWORK_DENIED' });
    assert.throws(() => at(undefined), { code: 'UPSTREAM_ANSWER' });
    assert.equal(at('http://reg.example/v2/u?_state=a%2Fb%3D'), 'https://reg.example/v2/u?_state=a%2Fb%3D');
    assert.equal(at('https://store.example/u'), 'https://store.example/u');
    assert.equal(at('u-1'), 'https://reg.example/v2/a/b/blobs/uploads/u-1');
  });
  test('the login goes to no other host that a Location names', async (t) => {
    const seen: (string | undefined)[] = [];
    const other = await answering(t, ({ headers }) => (seen.push(headers.authorization), false));
    const registry = await answering(t, ({ method, headers }, response) => {
      if (headers.authorization === undefined) sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
      else if (method === 'POST') response.writeHead(202, { location: `${other.url}/elsewhere` }).end();
      else return false;
      return true;
    });
    await put(clientOf(t, registry.host, { credentials: () => LOGIN }), registry.host);
    assert.deepEqual(seen, [undefined]);
  });
});

describe('logins', () => {
  test('tokens that run out in the middle of everything are renewed', async (t) => {
    const registry = await kit.scriptedRegistry(t, { tokens: 1 });
    const client = clientOf(t, registry.address, { credentials: () => LOGIN });
    assert.equal(await put(client, registry.address), 'uploaded');
    assert.deepEqual(registry.blobs.get(`a/b@${DIGEST}`), BYTES);
    assert.ok(methods(registry).filter((line) => line === 'GET /token').length > 2);
  });
  test('a mount asks for both repositories, each as a scope of its own', async (t) => {
    const scopes: string[][] = [];
    const registry = await answering(t, ({ url, method, headers }, response) => {
      const address = new URL(url, 'http://x');
      if (address.pathname === '/token') {
        scopes.push(address.searchParams.getAll('scope'));
        response.writeHead(200).end(JSON.stringify({ token: `t${scopes.length}` }));
      } else if (method === 'POST' && scopes.length < 1) {
        const challenge = `Bearer realm="http://${headers.host}/token",service="s",scope="repository:a/b:pull,push repository:c/d:pull"`;
        sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
      } else if (method === 'POST') response.writeHead(201).end();
      else return false;
      return true;
    });
    assert.equal(await put(clientOf(t, registry.host, { credentials: () => LOGIN }), registry.host, { from: 'c/d' }), 'mounted');
    assert.deepEqual(scopes, [['repository:a/b:pull,push', 'repository:c/d:pull']]);
  });
  test('nobody and a wrong login are refused, without the password', async (t) => {
    const script: Parameters<typeof answering>[1] = ({ headers }, response) => {
      if (headers.authorization === `Basic ${Buffer.from('operator:right').toString('base64')}`) return false;
      sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
      return true;
    };
    for (const credentials of [() => undefined, () => LOGIN]) {
      const registry = await answering(t, script);
      const facts = await failure(put(clientOf(t, registry.host, { credentials }), registry.host), 'NETWORK_DENIED');
      assert.ok(!JSON.stringify(facts).includes(kit.USER.REGISTRY_PASS));
    }
  });
});

describe('manifests', () => {
  const image = ociImage('layer');
  const manifest = { mediaType: image.mediaType, digest: digestOf(image.bytes), bytes: image.bytes };

  test('go as they are, and are asked for afterwards', async (t) => {
    for (const silent of [false, true]) {
      const registry = await kit.scriptedRegistry(t, { silent });
      const client = clientOf(t, registry.address);
      assert.equal(await client.digestOf(`${registry.address}/a/b`, '1', signal), undefined);
      await client.putManifest(`${registry.address}/a/b`, '1', manifest, signal);
      assert.deepEqual(registry.manifests.get('a/b:1'), { type: image.mediaType, bytes: image.bytes });
      assert.deepEqual(await client.digestOf(`${registry.address}/a/b`, '1', signal), manifest.digest);
    }
  });
  test('a registry that stores other bytes is found out', async (t) => {
    const registry = await kit.scriptedRegistry(t, { corrupt: true });
    const facts = await failure(clientOf(t, registry.address).putManifest(`${registry.address}/a/b`, '1', manifest, signal), 'INTEGRITY_MISMATCH');
    assert.equal(facts.wanted, image.digest);
  });
  test('a registry that lacks a part says so', async (t) => {
    const registry = await answering(t, ({ method }, response) => {
      if (method !== 'PUT') return false;
      sendError(response, 404, 'MANIFEST_BLOB_UNKNOWN');
      return true;
    });
    const facts = await failure(clientOf(t, registry.host).putManifest(`${registry.host}/a/b`, '1', manifest, signal), 'NETWORK_STATUS');
    assert.match(facts.detail, /MANIFEST_BLOB_UNKNOWN/);
  });
  test('nothing is begun where nobody answers', async (t) => {
    await failure(clientOf(t, '127.0.0.1:1').reach('127.0.0.1:1/a'), 'NETWORK_UNREACHABLE');
  });
});
