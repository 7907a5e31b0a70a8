/** The one way out, over real sockets: redirects, tries, timeouts, what failures say. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBytes, readJson, sendForBytes } from '#src/clients/read-body.js';
import type { RetryEvent } from '#src/clients/create-http.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { testHttp } from '../support/http-client.ts';
import { scriptedServer } from '../support/scripted-server.ts';

const text = async (response: Parameters<typeof readBytes>[0]): Promise<string> => (await readBytes(response, 1024)).toString();

/** Asserts the code and returns the facts. */
async function failure(promise: Promise<unknown>, code: string): Promise<Record<string, unknown>> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isShrinkwrapError(error), `wanted ${code}, got ${String(error)}`);
  assert.equal(error.code, code);
  return { ...error.facts };
}

test('sends our user agent, asks for unencoded bytes and reads the answer', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/a?b=1' }, then: { headers: { 'x-one': '1' }, body: 'hello' } }]);
  const response = await testHttp(t).send(`${server.url}/a?b=1`);
  assert.equal(await text(response), 'hello');
  assert.equal(response.status, 200);
  assert.equal(response.headers['x-one'], '1');
  assert.equal(server.requests[0]?.headers['user-agent'], 'shrinkwrap-test/1');
  assert.equal(server.requests[0]?.headers['accept-encoding'], 'identity');
});

test('returns a 404 as an answer, at the first try', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { status: 404, body: 'no' } }]);
  const response = await testHttp(t).send(`${server.url}/`);
  assert.equal(response.status, 404);
  assert.equal(await text(response), 'no');
  assert.equal(server.requests.length, 1);
});

for (const status of [408, 429, 500, 503]) {
  test(`tries again after ${status} and tells of it`, async (t) => {
    const server = await scriptedServer(t, [
      { when: { path: '/' }, then: { status, body: 'later' }, times: 2 },
      { when: { path: '/' }, then: { body: 'now' } },
    ]);
    const events: RetryEvent[] = [];
    const http = testHttp(t, { onRetry: (event) => events.push(event) });
    assert.equal(await text(await http.send(`${server.url}/`)), 'now');
    assert.deepEqual(
      events.map(({ attempt, tries, reason }) => ({ attempt, tries, reason })),
      [1, 2].map((attempt) => ({ attempt, tries: 5, reason: `status ${status}` })),
    );
  });
}

test('gives up after the allowed tries with the status and an address without its query', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: /^\/x/ }, then: { status: 502, body: 'bad\ngateway' } }]);
  const facts = await failure(testHttp(t, { retries: 3 }).send(`${server.url.replace('//', '//me:pw@')}/x?token=s3cret`), 'NETWORK_STATUS');
  assert.deepEqual(facts, { url: `${server.url}/x`, status: 502, tries: 3, detail: 'bad gateway' });
  assert.equal(server.requests.length, 3);
});

test('throws a status that the caller does not expect, without another try', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { status: 403, body: 'nope' } }]);
  const facts = await failure(testHttp(t).send(`${server.url}/`, { expect: (status) => status === 200 }), 'NETWORK_STATUS');
  assert.deepEqual(facts, { url: `${server.url}/`, status: 403, tries: 1, detail: 'nope' });
});

test('hands over a 503 that the caller expects', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { status: 503 } }]);
  const response = await testHttp(t).send(`${server.url}/`, { expect: (status) => status === 503 });
  assert.equal(response.status, 503);
  await readBytes(response, 10);
});

test('waits as long as Retry-After says, in seconds or as a date, up to the cap', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/' }, then: { status: 429, headers: { 'retry-after': '0' } }, times: 1 },
    { when: { path: '/' }, then: { status: 429, headers: { 'retry-after': 'Fri, 01 Jan 2027 00:00:00 GMT' } }, times: 1 },
    { when: { path: '/' }, then: { status: 429, headers: { 'retry-after': '3600' } }, times: 1 },
    { when: { path: '/' }, then: { body: 'ok' } },
  ]);
  const waits: number[] = [];
  const clock = { now: () => Date.UTC(2026, 11, 31, 23, 59, 59, 993), random: () => 0 };
  const http = testHttp(t, { onRetry: ({ delayMs }) => waits.push(delayMs), clock });
  assert.equal(await text(await http.send(`${server.url}/`)), 'ok');
  assert.deepEqual(waits, [0, 7, 20]);
});

test('tries again when the connection is closed without an answer', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/' }, then: { hangUp: true }, times: 2 },
    { when: { path: '/' }, then: { body: 'ok' } },
  ]);
  assert.equal(await text(await testHttp(t).send(`${server.url}/`)), 'ok');
});

test('sends a body made by a function anew at each try', async (t) => {
  const server = await scriptedServer(t, [
    { when: { method: 'PUT', path: '/' }, then: { status: 500 }, times: 1 },
    { when: { method: 'PUT', path: '/' }, then: { status: 201 } },
  ]);
  const response = await testHttp(t).send(`${server.url}/`, {
    method: 'PUT',
    body: () => Readable.from([Buffer.from('one'), Buffer.from('two')]),
    headers: { 'content-length': '6' },
  });
  await readBytes(response, 10);
  assert.deepEqual(
    server.requests.map(({ body }) => body.toString()),
    ['onetwo', 'onetwo'],
  );
});

test('names the host, the tries and the reason when nobody listens', async (t) => {
  const facts = await failure(testHttp(t, { retries: 2 }).send('http://127.0.0.1:1/'), 'NETWORK_UNREACHABLE');
  assert.deepEqual({ ...facts, reason: String(facts['reason']).split(':')[0] }, { host: '127.0.0.1:1', tries: 2, reason: 'ECONNREFUSED' });
});

test('gives up on a server that never answers', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { silent: true } }]);
  const facts = await failure(testHttp(t, { retries: 1, timeouts: { headersMs: 50 } }).send(`${server.url}/`), 'NETWORK_UNREACHABLE');
  assert.match(String(facts['reason']), /ETIMEDOUT: no answer within 0\.05 s/);
});

test('gives up on a body that falls silent', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'x'.repeat(100), stallAfter: 10 } }]);
  const response = await testHttp(t, { timeouts: { bodyMs: 50 } }).send(`${server.url}/`);
  const facts = await failure(readBytes(response, 1000), 'NETWORK_UNREACHABLE');
  assert.match(String(facts['reason']), /broke off: ETIMEDOUT: silence for 0\.05 s/);
});

test('stops at once when the request is aborted, in flight as well as between two tries', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/silent' }, then: { silent: true } },
    { when: { path: '/busy' }, then: { status: 503 } },
  ]);
  const reason = new Error('enough');
  for (const path of ['/silent', '/busy']) {
    const controller = new AbortController();
    const http = testHttp(t, { signal: controller.signal, delays: { baseMs: 60_000 } });
    setTimeout(() => controller.abort(reason), 30);
    await assert.rejects(http.send(`${server.url}${path}`), reason);
  }
});

test('an abort breaks a body that is being read', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'x'.repeat(100), stallAfter: 10 } }]);
  const controller = new AbortController();
  const response = await testHttp(t).send(`${server.url}/`, { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(readBytes(response, 1000), { name: 'AbortError' });
});

test('forty requests under one signal raise no warning about listeners', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'ok' } }]);
  const warnings: string[] = [];
  const note = (warning: Error): number => warnings.push(warning.name);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const { signal } = new AbortController();
  const http = testHttp(t, { signal });
  const responses = await Promise.all(Array.from({ length: 40 }, () => http.send(`${server.url}/`, { signal })));
  await Promise.all(responses.map((response) => readBytes(response, 10)));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});

test('a JSON document is decoded, a gzipped one too', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/plain' }, then: { body: '{"a":[1]}' } },
    { when: { path: '/gzip' }, then: { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"b":2}') } },
  ]);
  const http = testHttp(t);
  assert.deepEqual(await readJson(await http.send(`${server.url}/plain`), 100), { a: [1] });
  assert.deepEqual(await readJson(await http.send(`${server.url}/gzip`), 100), { b: 2 });
});

test('refuses what is no JSON, a document over the limit and one that swells over it when unpacked', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/html?x=1' }, then: { body: '<html>' } },
    { when: { path: '/empty' }, then: { body: '' } },
    { when: { path: '/long' }, then: { body: '0'.repeat(101) } },
    { when: { path: '/bomb' }, then: { headers: { 'content-encoding': 'gzip' }, body: gzipSync(' '.repeat(1_000_000)) } },
    { when: { path: '/zstd' }, then: { headers: { 'content-encoding': 'zstd' }, body: 'x' } },
    { when: { path: '/notgzip' }, then: { headers: { 'content-encoding': 'gzip' }, body: 'plain text' } },
  ]);
  const http = testHttp(t);
  const read = async (path: string): Promise<unknown> => readJson(await http.send(`${server.url}${path}`), 100);
  assert.deepEqual(await failure(read('/html?x=1'), 'UPSTREAM_ANSWER'), { url: `${server.url}/html`, path: '', wanted: 'JSON', found: '"<html>"' });
  assert.equal((await failure(read('/empty'), 'UPSTREAM_ANSWER'))['found'], 'nothing');
  assert.equal((await failure(read('/long'), 'UPSTREAM_ANSWER'))['wanted'], 'at most 100 bytes');
  assert.equal((await failure(read('/bomb'), 'UPSTREAM_ANSWER'))['wanted'], 'at most 100 bytes');
  assert.equal((await failure(read('/zstd'), 'UPSTREAM_ANSWER'))['found'], 'zstd');
  assert.equal((await failure(read('/notgzip'), 'UPSTREAM_ANSWER'))['wanted'], 'a body in its content-encoding');
});

test('a small document that breaks off is asked for again', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/' }, then: { body: '{"whole":true}', cutAfter: 5 }, times: 2 },
    { when: { path: '/' }, then: { body: '{"whole":true}' } },
  ]);
  const { bytes } = await sendForBytes(testHttp(t), `${server.url}/`, {}, 100);
  assert.equal(bytes.toString(), '{"whole":true}');
});

test('a small document that always breaks off is NETWORK_UNREACHABLE', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: '{"whole":true}', cutAfter: 5 } }]);
  await failure(sendForBytes(testHttp(t), `${server.url}/`, {}, 100), 'NETWORK_UNREACHABLE');
  assert.equal(server.requests.length, 3);
});

test('a body may be destroyed unread', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'x'.repeat(1_000_000) } }]);
  const http = testHttp(t);
  const { body } = await http.send(`${server.url}/`);
  body.destroy();
  assert.equal((await http.send(`${server.url}/`)).status, 200);
});
