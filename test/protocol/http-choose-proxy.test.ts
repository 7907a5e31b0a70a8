/** The reading of NO_PROXY, line by line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseProxy } from '#src/clients/choose-proxy.js';
import { redactProxy, redactUrl } from '#src/clients/redact-url.js';
import { retryDelay } from '#src/clients/retry-delay.js';

const proxied = (url: string, noProxy: string): boolean =>
  chooseProxy(new URL(url), { httpProxy: 'http://p:1', httpsProxy: 'http://p:2', noProxy }) !== undefined;

const ROWS: readonly (readonly [string, string, boolean])[] = [
  ['http://a.test/', '', true],
  ['http://a.test/', '*', false],
  ['http://a.test/', 'b.test a.test', false],
  ['http://a.test/', 'b.test,\ta.test', false],
  ['http://x.a.test/', 'a.test', false],
  ['http://x.a.test/', '.a.test', false],
  ['http://x.a.test/', '*.a.test', false],
  ['http://xa.test/', 'a.test', true],
  ['http://A.Test/', 'a.tesT', false],
  ['http://a.test./', 'a.test', false],
  ['http://a.test:5000/', 'a.test:5000', false],
  ['http://a.test/', 'a.test:5000', true],
  ['https://a.test/', 'a.test:443', false],
  ['http://a.test/', 'a.test:80', false],
  ['http://10.1.2.3/', '10.0.0.0/8', false],
  ['http://11.1.2.3/', '10.0.0.0/8', true],
  ['http://10.1.2.3/', '10.1.2.3', false],
  ['http://10.1.2.3:5000/', '10.1.2.3:5000', false],
  ['http://10.1.2.30/', '10.1.2.3', true],
  ['http://10.1.2.3/', '2.3', true],
  ['http://[fd00::1]/', 'fd00::/8', false],
  ['http://[fd00::1]:5000/', '[fd00::1]:5000', false],
  ['http://[fd00::1]/', 'fd00:0::1', false],
  ['http://10.1.2.3/', '10.0.0.0/33', true],
  ['http://a.test/', 'a.test/8', true],
  ['http://a.test/', '.', true],
  ['http://localhost:5000/', '', false],
  ['http://x.localhost/', '', false],
  ['http://127.8.9.1/', '', false],
  ['http://[::1]/', '', false],
];

for (const [url, noProxy, wanted] of ROWS) {
  test(`NO_PROXY "${noProxy}" and ${url}: ${wanted ? 'proxied' : 'direct'}`, () => assert.equal(proxied(url, noProxy), wanted));
}

test('each scheme has its own proxy; an empty one is none; a bare host is http', () => {
  const choose = (url: string, environment: Parameters<typeof chooseProxy>[1]): string | undefined => chooseProxy(new URL(url), environment)?.href;
  assert.equal(choose('https://a/', { httpProxy: 'http://p:1' }), undefined);
  assert.equal(choose('https://a/', { httpsProxy: 'http://p:2' }), 'http://p:2/');
  assert.equal(choose('http://a/', { httpProxy: '' }), undefined);
  assert.equal(choose('http://a/', { httpProxy: 'p:3128' }), 'http://p:3128/');
  assert.throws(
    () => choose('http://a/', { httpProxy: 'socks5://me:secret@p:1' }),
    (error: Error) => /proxy address/.test(error.message) && !error.message.includes('secret'),
  );
});

test('addresses are shown without what is secret in them', () => {
  assert.equal(redactUrl('https://me:pw@h:1/p?sig=1#f'), 'https://h:1/p');
  assert.equal(redactUrl('//me:pw@h/p?sig=1'), '//h/p');
  assert.equal(redactProxy(new URL('http://me:pw@h:1/')), 'http://me@h:1');
});

test('waits grow, vary between half and whole, and never exceed the cap', () => {
  const delay = (attempt: number, random: number, retryAfter?: string): number => retryDelay({ attempt, random, retryAfter, baseMs: 100, capMs: 1000, now: 0 });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((attempt) => delay(attempt, 0)),
    [50, 100, 200, 400, 800],
  );
  assert.equal(delay(1, 0.999), 100);
  assert.equal(delay(9, 0), 1000);
  assert.equal(delay(1, 0, 'soon'), 50);
  assert.equal(delay(1, 0, 'Thu, 01 Jan 1970 00:00:00 GMT'), 0);
});
