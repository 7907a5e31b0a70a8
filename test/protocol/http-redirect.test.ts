/** Redirects: followed, counted, and never carrying credentials to another origin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextHop } from '#src/clients/hops.js';
import { readBytes } from '#src/clients/read-body.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { testHttp } from '../support/http-client.ts';
import { scriptedServer } from '../support/scripted-server.ts';

test('follows a redirect to another origin without authorization and cookie, and says where it ended', async (t) => {
  const storage = await scriptedServer(t, [
    { when: { path: '/blob?sig=1', headers: { authorization: undefined, cookie: undefined, range: 'bytes=3-' } }, then: { body: 'bytes' } },
  ]);
  const front = await scriptedServer(t, [
    { when: { path: '/v2/blob', headers: { authorization: 'Bearer t' } }, then: { status: 307, headers: { location: `${storage.url}/blob?sig=1` } } },
  ]);
  const hosts: string[] = [];
  const http = testHttp(t, { onHost: (host) => hosts.push(host) });
  const response = await http.send(`${front.url}/v2/blob`, { headers: { Authorization: 'Bearer t', Cookie: 'c=1', Range: 'bytes=3-' } });
  assert.equal((await readBytes(response, 100)).toString(), 'bytes');
  assert.equal(response.url, `${storage.url}/blob?sig=1`);
  assert.deepEqual(hosts, [`127.0.0.1:${front.port}`, `127.0.0.1:${storage.port}`]);
});

test('keeps authorization on a redirect inside the origin', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/a' }, then: { status: 302, headers: { location: 'b' } } },
    { when: { path: '/b', headers: { authorization: 'Bearer t' } }, then: { body: 'ok' } },
  ]);
  const response = await testHttp(t).send(`${server.url}/a`, { headers: { authorization: 'Bearer t' } });
  assert.equal((await readBytes(response, 10)).toString(), 'ok');
});

test('userinfo of the address becomes basic authorization', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/', headers: { authorization: `Basic ${Buffer.from('me:p w').toString('base64')}` } }, then: { body: 'ok' } },
  ]);
  const response = await testHttp(t).send(`${server.url.replace('//', '//me:p%20w@')}/`);
  assert.equal(response.url, `${server.url}/`);
  await readBytes(response, 10);
});

test('a try after a broken redirect target starts at the first address again', async (t) => {
  const server = await scriptedServer(t, [
    { when: { path: '/start', state: '' }, then: { status: 302, headers: { location: '/signed?old' }, state: 'again' } },
    { when: { path: '/signed?old' }, then: { status: 503 } },
    { when: { path: '/start', state: 'again' }, then: { status: 302, headers: { location: '/signed?new' } } },
    { when: { path: '/signed?new' }, then: { body: 'ok' } },
  ]);
  assert.equal((await readBytes(await testHttp(t).send(`${server.url}/start`), 10)).toString(), 'ok');
});

test('stops after ten redirects', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { status: 302, headers: { location: '/' } } }]);
  await assert.rejects(
    testHttp(t).send(`${server.url}/`),
    (error) => isShrinkwrapError(error) && error.code === 'NETWORK_DENIED' && /more than 10 redirects/.test(error.message),
  );
  assert.equal(server.requests.length, 11);
});

test('a redirect without address is an answer', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { status: 304 } }]);
  const response = await testHttp(t).send(`${server.url}/`);
  assert.equal(response.status, 304);
  await readBytes(response, 10);
});

const hop = (url: string, method: 'GET' | 'POST' | 'PUT' | 'HEAD' = 'GET') => ({
  url: new URL(url),
  method,
  headers: { 'content-type': 'x', authorization: 'secret' },
  body: 'body',
});
const never = (): boolean => false;

test('refuses https to http unless the host was declared insecure', () => {
  assert.throws(
    () => nextHop(hop('https://a/x?q'), 302, 'http://b/', never),
    (error) => isShrinkwrapError(error) && error.code === 'NETWORK_DENIED' && !error.message.includes('?q'),
  );
  assert.equal(nextHop(hop('https://a/x'), 302, 'http://b/', (url) => url.host === 'b').url.href, 'http://b/');
  assert.throws(() => nextHop(hop('http://a/'), 302, 'file:///etc/passwd', never));
  assert.throws(() => nextHop(hop('http://a/'), 302, 'http://[', never));
});

test('which method and body go on', () => {
  const rows = (['GET', 'HEAD', 'POST', 'PUT'] as const).flatMap((method) =>
    [301, 303, 307].map((status) => {
      const next = nextHop(hop('http://a/', method), status, '/n', never);
      return `${method} ${status} ${next.method} ${next.body === undefined ? 'no body' : 'body'} ${Object.keys(next.headers).join()}`;
    }),
  );
  assert.deepEqual(rows, [
    'GET 301 GET body content-type,authorization',
    'GET 303 GET no body authorization',
    'GET 307 GET body content-type,authorization',
    'HEAD 301 HEAD body content-type,authorization',
    'HEAD 303 HEAD body content-type,authorization',
    'HEAD 307 HEAD body content-type,authorization',
    'POST 301 GET no body authorization',
    'POST 303 GET no body authorization',
    'POST 307 POST body content-type,authorization',
    'PUT 301 PUT body content-type,authorization',
    'PUT 303 GET no body authorization',
    'PUT 307 PUT body content-type,authorization',
  ]);
});
