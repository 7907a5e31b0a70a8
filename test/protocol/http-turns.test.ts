/** How many requests a host gets at a time, and what it may say to that. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { readBytes } from '#src/clients/read-body.js';
import { createHttp } from '#src/clients/create-http.js';
import { createHostTurns, type Slowed } from '#src/clients/host-turns.js';
import { testHttp } from '../support/http-client.ts';
import { scriptedServer } from '../support/scripted-server.ts';

const BODY = Buffer.alloc(200_000, 7);
const LIMIT = BODY.length;

/** Answers at most `bears` requests at a time, the others with `status`; counts both. */
async function busyServer(t: TestContext, bears: number, status: number, headers: Record<string, string> = {}) {
  const counts = { now: 0, most: 0, refused: 0, served: 0 };
  const server = createServer((_, response) => {
    if (counts.now >= bears) {
      counts.refused += 1;
      response.writeHead(status, headers).end('busy');
      return;
    }
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    setTimeout(() => response.writeHead(200, { 'content-length': LIMIT }).end(BODY), 5);
    response.once('close', () => {
      counts.now -= 1;
      counts.served += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, counts };
}

for (const [status, headers] of [
  [429, { 'retry-after': '0' }],
  [503, {}],
] as const) {
  test(`a host that bears two at a time and answers ${status} to more is asked less, everything comes, the user is told once`, async (t) => {
    const { url, counts } = await busyServer(t, 2, status, headers);
    const slowed: Slowed[] = [];
    const http = testHttp(t, { perHost: 8, retries: 8, onSlow: (event) => slowed.push(event) });
    const bodies = await Promise.all(Array.from({ length: 60 }, async () => readBytes(await http.send(`${url}/`), LIMIT)));
    assert.ok(bodies.every((body) => body.equals(BODY)));
    assert.equal(counts.served, 60);
    assert.deepEqual(slowed, [{ host: new URL(url).host, status, limit: 4 }]);
    // Without any adaption more than five of six requests meet a refusal, again and again.
    assert.ok(counts.refused < 60, `${counts.refused} refusals`);
  });
}

test('never more than so many bodies of a host at a time, while another host has turns of its own', async (t) => {
  const [one, two] = [await busyServer(t, 99, 500), await busyServer(t, 99, 500)];
  const http = testHttp(t, { perHost: 3 });
  await Promise.all([one, two].flatMap(({ url }) => Array.from({ length: 20 }, async () => readBytes(await http.send(`${url}/`), LIMIT))));
  assert.deepEqual([one.counts.most, two.counts.most], [3, 3]);
});

test('bodies that are destroyed, broken or answered with an error give their turn back', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/cut' }, then: { body: BODY, cutAfter: 1000 } },
    { when: { path: '/stall' }, then: { body: BODY, stallAfter: 1000 } },
    { when: { path: '/gone' }, then: { hangUp: true } },
    { when: { path: '/ok' }, then: { body: BODY } },
  ]);
  const http = testHttp(t, { perHost: 1, retries: 1, timeouts: { bodyMs: 300 } });
  for (const path of ['/cut', '/stall']) await assert.rejects(readBytes(await http.send(server.url + path), LIMIT), { code: 'NETWORK_UNREACHABLE' });
  (await http.send(`${server.url}/ok`)).body.destroy();
  await assert.rejects(http.send(`${server.url}/gone`), { code: 'NETWORK_UNREACHABLE' });
  await http.send(`${server.url}/ok`, { method: 'HEAD' });
  assert.equal((await readBytes(await http.send(`${server.url}/ok`), LIMIT)).length, LIMIT);
});

test('who stops waiting leaves the turn to the next', async () => {
  const enter = createHostTurns({ limit: 1, now: () => performance.now() });
  const never = new AbortController().signal;
  const first = await enter('h', never);
  const gone = new AbortController();
  const second = enter('h', gone.signal);
  const third = enter('h', never);
  gone.abort(new Error('enough'));
  await assert.rejects(second, /enough/);
  first.leave();
  first.leave();
  (await third).leave();
  (await enter('h', never)).leave();
});

test('Retry-After holds back everybody who wants the host, and the limit comes back slowly', async () => {
  let now = 0;
  const enter = createHostTurns({ limit: 4, now: () => now });
  const never = new AbortController().signal;
  const busy = await enter('h', never);
  busy.refused(429, 60);
  busy.leave();
  let entered = false;
  const waiting = enter('h', never).then((turn) => ((entered = true), turn));
  await sleep(20);
  assert.equal(entered, false);
  now = 61;
  (await waiting).leave();
  const turns = [await enter('h', never), await enter('h', never)];
  const beyond = enter('h', never).then((turn) => turn.leave());
  let third = false;
  void beyond.then(() => (third = true));
  await sleep(5);
  assert.equal(third, false);
  for (let count = 0; count < 4; count += 1) turns[0]?.served();
  await beyond;
});

test('a used-up quota fails at the first try with advice; a 429 that is only busy does not', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/quota' }, then: { status: 429, body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}' } },
    { when: { path: '/zero' }, then: { status: 429, headers: { 'ratelimit-remaining': '0;w=21600' }, body: 'no' } },
    { when: { path: '/busy' }, then: { status: 429, body: 'toomanyrequests' }, times: 1 },
    { when: { path: '/busy' }, then: { body: 'now' } },
  ]);
  const http = testHttp(t);
  for (const path of ['/quota', '/zero'])
    await assert.rejects(http.send(server.url + path), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'NETWORK_STATUS');
      assert.match(error.message, /docker login.*--registry-mirror/);
      return true;
    });
  assert.equal(server.requests.length, 2);
  assert.equal((await readBytes(await http.send(`${server.url}/busy`), 100)).toString(), 'now');
});

test('who asks to come back after hours is not waited for', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { status: 503, headers: { 'retry-after': '7200' }, body: 'maintenance' } }]);
  const http = createHttp({ userAgent: 'test' });
  t.after(() => http.close());
  await assert.rejects(http.send(`${server.url}/`), /come back in 120 minutes/);
  assert.equal(server.requests.length, 1);
});
