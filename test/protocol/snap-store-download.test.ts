/** Opening downloads: the original address each time, Range, redirects, refusals (facts/snap-store.md 1.6). */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createSnapStore, type SnapStoreOptions, type SnapStore } from '#src/clients/snap-store.js';
import { readBytes } from '#src/clients/read-body.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { testHttp } from '../support/http-client.ts';
import { type Answer, type Rule, scriptedServer, type ScriptedServer } from '../support/scripted-server.ts';

const PATH = '/api/v1/snaps/download/UQEdRgY5gr1dI2fwIDOgUQidMZauRqt7_7.snap';
const SOURCE = `https://api.snapcraft.io${PATH}`;

async function storeWith(
  t: TestContext,
  rules: readonly Rule[],
  options: Partial<SnapStoreOptions> = {},
): Promise<{ store: SnapStore; server: ScriptedServer }> {
  const server = await scriptedServer(t, rules);
  return { store: createSnapStore({ http: testHttp(t), baseUrl: server.url, ...options }), server };
}
const file = (then: Answer): Rule => ({ when: { method: 'GET', path: PATH }, then });
const fails = async (promise: Promise<unknown>, code: string, facts: Record<string, unknown> = {}): Promise<void> => {
  await assert.rejects(promise, (error) => {
    assert.ok(isShrinkwrapError(error), String(error));
    assert.equal(error.code, code);
    assert.deepEqual({ ...error.facts, ...facts }, { ...error.facts });
    return true;
  });
};

describe('opening a download', () => {
  it('asks the configured store with the headers of the real client', async (t) => {
    const { store, server } = await storeWith(t, [file({ body: 'snap bytes' })]);
    const response = await store.open(SOURCE, { arch: 'amd64' });
    assert.equal(response.status, 200);
    assert.equal((await readBytes(response, 100)).toString(), 'snap bytes');
    const { headers } = server.requests[0] ?? { headers: {} };
    assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => /^(?:x-ubuntu-|snap-|range|authorization)/.test(name))), {
      'snap-device-capabilities': 'default-tracks',
      'x-ubuntu-architecture': 'amd64',
      'x-ubuntu-classic': 'true',
      'x-ubuntu-series': '16',
      'x-ubuntu-wire-protocol': '1',
    });
  });

  it('asks for the rest and is given it', async (t) => {
    const { store, server } = await storeWith(t, [file({ status: 206, headers: { 'content-range': 'bytes 5-9/10' }, body: 'bytes' })]);
    const response = await store.open(SOURCE, { offset: 5 });
    assert.equal(response.status, 206);
    assert.equal((await readBytes(response, 100)).toString(), 'bytes');
    assert.equal(server.requests[0]?.headers.range, 'bytes=5-');
  });

  it('asks for the rest at the original address, whose redirect is fresh', async (t) => {
    let token = 0;
    const { store, server } = await storeWith(t, [
      { when: { path: PATH }, then: () => ({ status: 302, headers: { location: `/cdn/x.snap?token=${(token += 1)}` } }) },
      { when: { path: /^\/cdn/ }, then: { status: 206, headers: { 'content-range': 'bytes 1-3/4' }, body: 'nap' } },
    ]);
    for (const round of [1, 2]) {
      await readBytes(await store.open(SOURCE, { offset: 1 }), 100);
      assert.equal(server.requests.at(-1)?.path, `/cdn/x.snap?token=${round}`);
      assert.equal(server.requests.at(-1)?.headers.range, 'bytes=1-');
    }
  });

  it('hands on a whole file when the server knows no ranges', async (t) => {
    const { store } = await storeWith(t, [file({ body: 'snap bytes' })]);
    const response = await store.open(SOURCE, { offset: 5 });
    assert.equal(response.status, 200);
    await readBytes(response, 100);
  });

  for (const range of ['bytes 4-9/10', '', 'bytes 50-99/100']) {
    it(`hands on a part that starts elsewhere, for the caller to start over: ${JSON.stringify(range)}`, async (t) => {
      const { store } = await storeWith(t, [file({ status: 206, headers: { 'content-range': range }, body: 'bytes' })]);
      const response = await store.open(SOURCE, { offset: 5 });
      assert.deepEqual([response.status, response.headers['content-range']], [206, range]);
      await readBytes(response, 100);
    });
  }

  it('refuses a part nobody asked for', async (t) => {
    const { store } = await storeWith(t, [file({ status: 206, headers: { 'content-range': 'bytes 0-4/10' }, body: 'bytes' })]);
    await fails(store.open(SOURCE), 'NETWORK_STATUS', { status: 206 });
  });

  it('tells what is gone, what is not for sale and what is denied', async (t) => {
    for (const [status, code] of [
      [404, 'UPSTREAM_NOT_FOUND'],
      [402, 'NETWORK_DENIED'],
      [403, 'NETWORK_DENIED'],
      [416, 'NETWORK_STATUS'],
    ] as const) {
      const { store } = await storeWith(t, [file({ status, body: '{"error-list":[{"code":"no","message":"never"}]}' })]);
      await fails(store.open(SOURCE), code);
    }
  });

  it('sends the macaroon to the store and to nobody else', async (t) => {
    const cdn = await scriptedServer(t, [{ when: { path: '/x.snap' }, then: { body: 'x' } }]);
    const { store, server } = await storeWith(t, [file({ body: 'x' })], { macaroon: 'Macaroon root="abc"' });
    await readBytes(await store.open(SOURCE), 10);
    await readBytes(await store.open(`${cdn.url}/x.snap`), 10);
    assert.equal(server.requests[0]?.headers.authorization, 'Macaroon root="abc"');
    assert.equal(cdn.requests[0]?.headers.authorization, undefined);
  });

  it('stops with the run or with the job', async (t) => {
    const run = new AbortController();
    const { store } = await storeWith(t, [file({ silent: true })], { signal: run.signal });
    await assert.rejects(store.open(SOURCE, { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
    setTimeout(() => run.abort(), 20);
    await assert.rejects(store.open(SOURCE), { name: 'AbortError' });
  });
});
