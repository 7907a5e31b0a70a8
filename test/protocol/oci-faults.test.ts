/** Images over bad lines, from the registry client into the store: each fault ends as promised, and nothing wrong ever has a final name. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '#src/clients/oci/authorization.js';
import { createRegistryClient } from '#src/clients/oci/registry.js';
import type { HttpOptions } from '#src/clients/create-http.js';
import type { Descriptor, ImageArtifact } from '#src/domain/artifact.js';
import type { Event } from '#src/domain/events.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { fetchAll } from '#src/fetch/fetch-all.js';
import { openStore } from '#src/store/open-store.js';
import { digestOf, noise } from '../support/expectation.ts';
import { testHttp } from '../support/http-client.ts';
import { AMD64 } from '../support/registry-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';

const LAYER = noise(400_000);
const LONG = noise(11 * 1024 * 1024);

interface Asked {
  readonly path: string;
  /** First byte that was asked for. */
  readonly from: number;
  readonly authorization: string | undefined;
  /** Requests for this layer so far, from 1. */
  readonly count: number;
}

type Fault = (asked: Asked, response: ServerResponse) => unknown;

const describe = (bytes: Buffer, mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** Everything but the layer is served without a fault. */
async function start(t: TestContext, layer: Buffer, fault: Fault, more: { http?: Partial<HttpOptions>; credentials?: Credentials; guard?: Fault } = {}) {
  const config = Buffer.from('{"os":"linux","architecture":"amd64"}');
  const plain = ({ digest, ...rest }: Descriptor): unknown => ({ ...rest, digest: `sha256:${digest.hex}` });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: plain(describe(config, 'application/vnd.oci.image.config.v1+json')), layers: [plain(describe(layer))] }),
  );
  const documents = new Map([config, manifest].map((bytes) => [digestOf(bytes).hex, bytes]));
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').replace('?ns=reg.test', '');
    const hex = /sha256:([0-9a-f]{64})$/.exec(path)?.[1] ?? '';
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const isLayer = hex === digestOf(layer).hex;
    const count = asked.filter((one) => one.path === path).length + 1;
    const one = { path, from, authorization: request.headers.authorization, count };
    if (isLayer) asked.push(one);
    if (more.guard !== undefined) await more.guard(one, response);
    if (response.headersSent) return;
    const document = documents.get(hex);
    if (isLayer) {
      await fault(one, response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }).end(document);
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const dir = tempDir(t);
  const store = await openStore(dir);
  const { signal } = new AbortController();
  const http = testHttp(t, { retries: 4, timeouts: { headersMs: 300, bodyMs: 300 }, ...more.http });
  const images = createRegistryClient({
    http,
    mirrors: new Map([['*', `http://${host}`]]),
    insecureHosts: new Set(),
    ...(more.credentials !== undefined && { credentials: more.credentials }),
    signal,
  });
  const unused = () => Promise.reject(new Error('no such upstream here'));
  const events: Event[] = [];
  const image: ImageArtifact = {
    kind: 'image',
    name: 'reg.test/x/y:1',
    version: '1',
    arch: 'amd64',
    platform: AMD64,
    repository: 'reg.test/x/y',
    path: 'containers/x_y_1.tgz',
    size: layer.length + config.length + manifest.length,
    digests: [digestOf(manifest)],
    source: 'https://reg.test/',
    reasons: ['a test'],
    targets: [],
    manifest: describe(manifest, 'application/vnd.oci.image.manifest.v1+json'),
    config: describe(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [describe(layer)],
  };
  const run = (): Promise<unknown> =>
    fetchAll([image], {
      upstream: { images, charmhub: { open: unused }, snaps: { open: unused, assertions: unused } },
      store,
      jobs: 6,
      tries: 4,
      keepGoing: false,
      signal,
      report: (event) => events.push(event),
      delays: { baseMs: 1, capMs: 5 },
    });
  /** The layer under its final name, or nothing there. */
  const final = (): Buffer | undefined => {
    const path = join(dir, 'v1', 'sha256', digestOf(layer).hex.slice(0, 2), digestOf(layer).hex);
    return existsSync(path) ? readFileSync(path) : undefined;
  };
  const finals = (): number => readdirSync(join(dir, 'v1', 'sha256'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  return { run, asked, events, final, finals, host, store };
}

/** Answers as registries do, up to `end` bytes of the blob when the connection is to break there. */
function answer(response: ServerResponse, bytes: Buffer, from = 0, end?: number): void {
  const body = bytes.subarray(from);
  const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length, ...(from > 0 && range) });
  if (end === undefined || end >= bytes.length) response.end(body);
  else if (end <= from) response.destroy();
  else response.write(bytes.subarray(from, end), () => setTimeout(() => response.destroy(), 5));
}

async function failsWith(run: Promise<unknown>, code: string): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isShrinkwrapError(error), `wanted ${code}, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error.message;
}

for (let tenth = 0; tenth < 10; tenth += 1) {
  test(`a connection cut at ${tenth} tenths of a blob goes on there`, async (t) => {
    const end = Math.floor((LAYER.length * tenth) / 10);
    const { run, asked, final } = await start(t, LAYER, ({ from, count }, response) => answer(response, LAYER, from, count === 1 ? end : undefined));
    await run();
    assert.ok(final()?.equals(LAYER));
    assert.deepEqual(
      asked.map(({ from }) => from),
      [0, end],
    );
  });
}

test('a connection that is cut every tenth brings a long blob in eleven pieces: progress is no failed try', async (t) => {
  const step = 1024 * 1024 + 1;
  const { run, asked, final } = await start(t, LONG, ({ from }, response) => answer(response, LONG, from, from + step));
  await run();
  assert.ok(final()?.equals(LONG));
  assert.equal(asked.length, 11);
});

test('a server without Range sends all of it again, and is believed', async (t) => {
  const { run, asked, final } = await start(t, LAYER, ({ count }, response) => answer(response, LAYER, 0, count === 1 ? 200_000 : undefined));
  await run();
  assert.ok(final()?.equals(LAYER));
  assert.deepEqual(
    asked.map(({ from }) => from),
    [0, 200_000],
  );
});

test('a server without Range that always breaks is given up, and what came waits for the next run', async (t) => {
  const { run, asked, final, finals, store } = await start(t, LAYER, (_, response) => answer(response, LAYER, 0, 200_000));
  await failsWith(run(), 'NETWORK_UNREACHABLE');
  assert.deepEqual([final(), finals(), asked.length], [undefined, 2, 4]);
  assert.equal(readFileSync(store.partialPath(digestOf(LAYER))).length, 200_000);
});

test('429 with Retry-After is waited for, as long as it says', async (t) => {
  const { run, asked, final } = await start(
    t,
    LAYER,
    ({ count, from }, response) => (count === 1 ? response.writeHead(429, { 'retry-after': '1' }).end() : answer(response, LAYER, from)),
    { http: { delays: { baseMs: 1, capMs: 5000 } } },
  );
  const before = performance.now();
  await run();
  assert.ok(performance.now() - before >= 990);
  assert.deepEqual([asked.length, final()?.equals(LAYER)], [2, true]);
});

test('429 without Retry-After is tried again after a while', async (t) => {
  const { run, asked, final } = await start(t, LAYER, ({ count, from }, response) =>
    count < 4 ? response.writeHead(429).end('{"errors":[{"code":"TOOMANYREQUESTS"}]}') : answer(response, LAYER, from),
  );
  await run();
  assert.deepEqual([asked.length, final()?.equals(LAYER)], [4, true]);
});

test('a quota that is used up ends at once with advice', async (t) => {
  const { run, asked, final } = await start(t, LAYER, (_, response) =>
    response.writeHead(429).end('{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit"}]}'),
  );
  assert.match(await failsWith(run(), 'NETWORK_STATUS'), /docker login/);
  assert.deepEqual([asked.length, final()], [1, undefined]);
});

test('a storm of 503 that ends is sat out; one that does not is an error with its status', async (t) => {
  const passing = await start(t, LAYER, ({ count, from }, response) => (count < 4 ? response.writeHead(503).end('storm') : answer(response, LAYER, from)));
  await passing.run();
  assert.ok(passing.final()?.equals(LAYER));
  const lasting = await start(t, LAYER, (_, response) => response.writeHead(503).end('storm'));
  assert.match(await failsWith(lasting.run(), 'NETWORK_STATUS'), /"status":503.*"tries":4.*storm/);
  assert.deepEqual([lasting.asked.length, lasting.finals()], [4, 2]);
});

test('a token that runs out while the blob breaks is renewed, and the blob goes on where it was', async (t) => {
  let tokens = 0;
  const guard: Fault = ({ path, authorization }, response) => {
    if (path.startsWith('/token')) {
      tokens += 1;
      response.writeHead(200).end(JSON.stringify({ token: `t${tokens}`, expires_in: 3600 }));
    } else if (authorization !== `Bearer t${tokens}`)
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${all.host}/token",service="s",scope="repository:x/y:pull"` }).end('{}');
  };
  const all = await start(
    t,
    LAYER,
    ({ from }, response) => {
      if (from === 0) tokens += 1;
      answer(response, LAYER, from, from === 0 ? 100_000 : undefined);
    },
    { guard },
  );
  await all.run();
  assert.ok(all.final()?.equals(LAYER));
  assert.deepEqual(
    all.asked.map(({ from, authorization }) => [from, authorization]),
    [
      [0, 'Bearer t1'],
      [100_000, 'Bearer t1'],
      [100_000, 'Bearer t3'],
    ],
  );
});

test('a storage host that refuses logins gets none, and after a cut the registry is asked again, not the signed address', async (t) => {
  const seen: { url: string | undefined; authorization: string | undefined; from: number }[] = [];
  const storage = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    seen.push({ url: request.url, authorization: request.headers.authorization, from });
    if (request.headers.authorization !== undefined) response.writeHead(400).end('Only one auth mechanism allowed');
    else answer(response, LAYER, from, seen.length === 1 ? 100_000 : undefined);
  });
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  t.after(() => (storage.closeAllConnections(), storage.close()));
  const { port } = storage.address() as AddressInfo;
  const guard: Fault = ({ authorization }, response) => {
    if (authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end('{}');
  };
  const fault: Fault = ({ count }, response) => void response.writeHead(307, { location: `http://127.0.0.1:${port}/signed?sig=${count}` }).end();
  const all = await start(t, LAYER, fault, { guard, credentials: () => ({ kind: 'password', username: 'ada', password: 'canary' }) });
  await all.run();
  assert.ok(all.final()?.equals(LAYER));
  assert.deepEqual(seen, [
    { url: '/signed?sig=1', authorization: undefined, from: 0 },
    { url: '/signed?sig=2', authorization: undefined, from: 100_000 },
  ]);
});

for (const [what, wrong, code] of [
  ['one byte short', LAYER.subarray(0, -1), 'INTEGRITY_MISMATCH'],
  ['one byte long', Buffer.concat([LAYER, Buffer.from('x')]), 'INTEGRITY_MISMATCH'],
  ['of the right length and wrong', Buffer.concat([LAYER.subarray(0, -1), Buffer.from([(LAYER.at(-1) ?? 0) ^ 1])]), 'INTEGRITY_MISMATCH'],
  ['empty', Buffer.alloc(0), 'INTEGRITY_MISMATCH'],
] as const) {
  test(`a body that is ${what} gets no final name`, async (t) => {
    const { run, asked, final, finals } = await start(t, LAYER, (_, response) => answer(response, wrong));
    await failsWith(run(), code);
    assert.deepEqual([final(), finals()], [undefined, 2]);
    assert.ok(asked.length <= 4);
  });

  test(`a body that is ${what} once is fetched again`, async (t) => {
    const { run, final } = await start(t, LAYER, ({ count, from }, response) => (count === 1 ? answer(response, wrong) : answer(response, LAYER, from)));
    await run();
    assert.ok(final()?.equals(LAYER));
  });
}

test('a resumed part that is of another file is found out, and the whole comes clean', async (t) => {
  const { run, final, asked } = await start(t, LAYER, ({ count, from }, response) =>
    count === 1 ? answer(response, LAYER, from, 100_000) : count === 2 ? answer(response, noise(LAYER.length, 'another'), from) : answer(response, LAYER, from),
  );
  await run();
  assert.ok(final()?.equals(LAYER));
  assert.deepEqual(
    asked.map(({ from }) => from),
    [0, 100_000, 0],
  );
});

test('a slow drip that never pauses is let through; one that falls silent is cut and goes on', async (t) => {
  const drip: Fault = async ({ count, from }, response) => {
    const body = LAYER.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(from > 0 && { 'content-range': `bytes ${from}-${LAYER.length - 1}/${LAYER.length}` }),
    });
    for (let at = 0; at < body.length; at += 40_000) {
      if (count === 1 && at >= 120_000) return;
      response.write(body.subarray(at, at + 40_000));
      await sleep(60);
    }
    response.end();
  };
  const { run, asked, final } = await start(t, LAYER, drip);
  await run();
  assert.ok(final()?.equals(LAYER));
  assert.deepEqual(
    asked.map(({ from }) => from),
    [0, 120_000],
  );
});

test('a host that never answers ends as unreachable after its tries', async (t) => {
  const { run, asked, finals } = await start(t, LAYER, () => {}, { http: { retries: 2 } });
  assert.match(await failsWith(run(), 'NETWORK_UNREACHABLE'), /"tries":2/);
  assert.deepEqual([asked.length, finals()], [2, 2]);
});

test('a second run after a failed one asks only for what is missing', async (t) => {
  let broken = true;
  const { run, asked, final } = await start(t, LAYER, ({ from }, response) =>
    broken && from > 0 ? response.writeHead(404).end() : answer(response, LAYER, from, broken ? 300_000 : undefined),
  );
  await failsWith(run(), 'UPSTREAM_NOT_FOUND');
  broken = false;
  await run();
  assert.ok(final()?.equals(LAYER));
  assert.deepEqual(
    asked.map(({ from }) => from),
    [0, 300_000, 300_000],
  );
});
