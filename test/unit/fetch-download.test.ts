/** One download over a real socket with everything that goes wrong on the way. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type DownloadOptions, download } from '#src/fetch/download.js';
import { openStore } from '#src/store/open-store.js';
import type { Store } from '#src/store/store.js';
import { digestOf, expectationOf, noise } from '../support/expectation.ts';
import { failure } from '../support/failure.ts';
import { testHttp } from '../support/http-client.ts';
import { type Answer, type Rule, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const BYTES = noise(5000);
const KEY = digestOf(BYTES);
const PATH = '/file';

const whole: Answer = { body: BYTES };
const rest = (from: number, more: Answer = {}): Answer => ({
  status: 206,
  headers: { 'content-range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` },
  body: BYTES.subarray(from),
  ...more,
});
const at = (range: string | undefined, then: Answer, times?: number): Rule => ({
  when: { path: PATH, headers: { range } },
  then,
  ...(times !== undefined && { times }),
});

interface Setting {
  readonly server: ScriptedServer;
  readonly store: Store;
  readonly retries: string[];
  run(more?: Partial<DownloadOptions>): Promise<string>;
}

async function start(t: TestContext, rules: readonly Rule[], partial?: Buffer): Promise<Setting> {
  const server = await scriptedServer(t, rules);
  const store = await openStore(tempDir(t));
  if (partial !== undefined) writeFileSync(store.partialPath(KEY), partial);
  const http = testHttp(t, { timeouts: { bodyMs: 100 } });
  const retries: string[] = [];
  const open: DownloadOptions['open'] = (offset, signal) =>
    http.send(server.url + PATH, { signal, ...(offset > 0 && { headers: { range: `bytes=${offset}-` } }) });
  const { signal } = new AbortController();
  const options = {
    open,
    store,
    signal,
    expect: expectationOf(BYTES),
    tries: 3,
    delays: { baseMs: 1, capMs: 5 },
    onRetry: ({ reason }: { reason: string }) => retries.push(reason),
  };
  return { server, store, retries, run: (more = {}) => download({ ...options, ...more }) };
}

const isWhole = (path: string): void => assert.deepEqual(readFileSync(path), BYTES);

test('downloads, then finds it without asking', async (t) => {
  const { server, run } = await start(t, [at(undefined, whole)]);
  isWhole(await run());
  isWhole(await run());
  assert.equal(server.requests.length, 1);
});

test('an empty file is never asked for', async (t) => {
  const { run, server } = await start(t, []);
  assert.equal(statSync(await run({ expect: expectationOf('') })).size, 0);
  assert.equal(server.requests.length, 0);
});

test('goes on where the connection broke', async (t) => {
  const { run, retries } = await start(t, [
    at(undefined, { ...whole, cutAfter: 1000 }),
    at('bytes=1000-', rest(1000, { cutAfter: 2000 })),
    at('bytes=3000-', rest(3000)),
  ]);
  const totals: number[] = [];
  isWhole(await run({ onBytes: (total) => totals.push(total) }));
  assert.equal(totals.at(-1), BYTES.length);
  assert.equal(retries.length, 2);
});

test('goes on from what an earlier run left', async (t) => {
  const { run } = await start(t, [at('bytes=4000-', rest(4000))], BYTES.subarray(0, 4000));
  isWhole(await run());
});

test('a partial that is whole already is only checked', async (t) => {
  const { run, server } = await start(t, [], BYTES);
  isWhole(await run());
  assert.equal(server.requests.length, 0);
});

test('starts again where the server ignores the range', async (t) => {
  const { run } = await start(t, [at('bytes=4000-', whole)], BYTES.subarray(0, 4000));
  isWhole(await run());
});

for (const [what, answer] of [
  ['answers another range', rest(1000)],
  ['answers 206 without Content-Range', { ...rest(4000), headers: {} }],
  ['speaks of another length', rest(4000, { headers: { 'content-range': 'bytes 4000-4999/6000' } })],
  ['refuses the range', { status: 416, headers: { 'content-range': 'bytes */5000' } }],
] as const) {
  test(`starts again where the server ${what}`, async (t) => {
    const { run, retries, server } = await start(t, [at('bytes=4000-', answer, 1), at(undefined, whole)], BYTES.subarray(0, 4000));
    isWhole(await run());
    // Before a byte of it was taken: wrong bytes are fetched again only once, and that once must not be used up.
    assert.deepEqual(retries, ['the server resumes at another place']);
    assert.equal(server.requests.length, 2);
  });
}

test('a body that ends early without error is asked for again from there', async (t) => {
  const { run, retries } = await start(t, [at(undefined, { body: BYTES.subarray(0, 1000) }), at('bytes=1000-', rest(1000))]);
  isWhole(await run());
  assert.deepEqual(retries, ['the answer ended early']);
});

test('a body that falls silent is asked for again from there', async (t) => {
  const { run, retries } = await start(t, [at(undefined, { ...whole, stallAfter: 1000 }), at('bytes=1000-', rest(1000))]);
  isWhole(await run());
  assert.match(retries[0] ?? '', /^ETIMEDOUT: silence/);
});

test('wrong bytes are fetched once more, from the start', async (t) => {
  const { run, retries, server } = await start(t, [at('bytes=4000-', rest(4000)), at(undefined, whole)], noise(4000, 'other'));
  isWhole(await run());
  assert.deepEqual(retries, ['wrong bytes']);
  assert.equal(server.requests.length, 2);
});

test('bytes that stay wrong are INTEGRITY_MISMATCH after exactly two fetches', async (t) => {
  const wrong = noise(5000, 'other');
  const { run, server, store } = await start(t, [at(undefined, { body: wrong })]);
  const facts = await failure(run({ tries: 9 }), 'INTEGRITY_MISMATCH');
  assert.deepEqual(facts, { what: 'the file', field: 'sha256', wanted: KEY.hex, found: digestOf(wrong).hex });
  assert.equal(server.requests.length, 2);
  assert.equal(await store.find(KEY, 5000), undefined);
});

test('a file that is one byte longer is refused', async (t) => {
  const { run } = await start(t, [at(undefined, { body: Buffer.concat([BYTES, Buffer.from('x')]) })]);
  assert.equal((await failure(run(), 'INTEGRITY_MISMATCH')).found, 'more than 5000');
});

test('a file that is always too short is refused in the end', async (t) => {
  const { run, server } = await start(t, [at(undefined, { body: BYTES.subarray(0, 10) }), at('bytes=10-', { status: 200, body: BYTES.subarray(0, 10) })]);
  assert.deepEqual([(await failure(run(), 'INTEGRITY_MISMATCH')).found], ['10']);
  assert.equal(server.requests.length, 3);
});

test('gives up after the allowed tries without progress, keeping what came', async (t) => {
  const { run, store } = await start(t, [at(undefined, { ...whole, cutAfter: 1000 }), at('bytes=1000-', rest(1000, { cutAfter: 0 }))]);
  const facts = await failure(run(), 'NETWORK_UNREACHABLE');
  assert.equal(facts.tries, 3);
  assert.match(facts.reason, /broke off/);
  assert.equal(statSync(store.partialPath(KEY)).size, 1000);
});

test('a long file over a bad line is not given up while it grows', async (t) => {
  const bytes = noise(4 * 1024 * 1024 + 10);
  const size = bytes.length;
  const { run } = await start(t, [
    {
      when: { path: PATH },
      then: ({ headers }) => {
        const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
        const cutAfter = Math.min(1024 * 1024, size - from);
        const ends = from + cutAfter === size;
        return {
          status: from === 0 ? 200 : 206,
          headers: { 'content-range': `bytes ${from}-${size - 1}/${size}` },
          body: bytes.subarray(from),
          ...(!ends && { cutAfter }),
        };
      },
    },
  ]);
  const path = await run({ expect: expectationOf(bytes), tries: 2 });
  assert.equal(statSync(path).size, size);
});

for (const [status, code] of [
  [404, 'UPSTREAM_NOT_FOUND'],
  [401, 'NETWORK_DENIED'],
  [403, 'NETWORK_DENIED'],
  [410, 'NETWORK_STATUS'],
  [204, 'NETWORK_STATUS'],
] as const) {
  test(`a ${status} is ${code}, at the first try`, async (t) => {
    const { run, server } = await start(t, [at(undefined, { status })]);
    await failure(run(), code);
    assert.equal(server.requests.length, 1);
  });
}

test('an abort ends it with its reason and keeps what came', async (t) => {
  const controller = new AbortController();
  const { run, store } = await start(t, [at(undefined, { ...whole, stallAfter: 1000 })]);
  const running = run({ signal: controller.signal, onBytes: () => controller.abort(new Error('enough')) });
  await assert.rejects(running, /enough/);
  assert.equal(statSync(store.partialPath(KEY)).size, 1000);
});
