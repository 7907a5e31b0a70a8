/** Proxies and trust over real sockets: forwarding, tunnelling, NO_PROXY, a private CA. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { discardBody, readBytes } from '#src/clients/read-body.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { testHttp } from '../support/http-client.ts';
import { startProxy } from '../support/proxy.ts';
import { scriptedServer } from '../support/scripted-server.ts';

/** A certificate for `site.test` and 127.0.0.1 that nobody trusts; skips the test without openssl. */
function certificate(t: TestContext): { key: string; cert: string } | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'shrinkwrap-tls-'));
  t.after(() => rmSync(dir, { recursive: true }));
  try {
    const names = 'subjectAltName=DNS:site.test,IP:127.0.0.1';
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=site.test',
        '-addext',
        names,
        '-keyout',
        'k',
        '-out',
        'c',
      ],
      { cwd: dir, stdio: 'ignore' },
    );
  } catch {
    t.skip('needs openssl (package openssl)');
    return undefined;
  }
  return { key: readFileSync(join(dir, 'k'), 'utf8'), cert: readFileSync(join(dir, 'c'), 'utf8') };
}

test('forwards plain HTTP through the proxy in absolute form, with the password of its address', async (t) => {
  const proxy = await startProxy(t, 0);
  const http = testHttp(t, { proxy: { httpProxy: `http://me:p%40w@${proxy.host}` } });
  const response = await http.send('http://registry.test:5000/v2/?x=1');
  assert.equal((await readBytes(response, 100)).toString(), 'forwarded for registry.test:5000');
  assert.equal(response.url, 'http://registry.test:5000/v2/?x=1');
  assert.deepEqual(proxy.seen, [{ line: 'GET http://registry.test:5000/v2/?x=1', authorization: `Basic ${Buffer.from('me:p@w').toString('base64')}` }]);
});

test('a stray % in the password of a proxy stands for itself', async (t) => {
  const proxy = await startProxy(t, 0);
  const http = testHttp(t, { proxy: { httpProxy: `http://me:50%off@${proxy.host}` } });
  await discardBody((await http.send('http://registry.test/')).body);
  assert.equal(proxy.seen[0]?.authorization, `Basic ${Buffer.from('me:50%off').toString('base64')}`);
});

test('never proxies the loopback host', async (t) => {
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'direct' } }]);
  const http = testHttp(t, { proxy: { httpProxy: 'http://127.0.0.1:1' } });
  assert.equal((await readBytes(await http.send(`${server.url}/`), 100)).toString(), 'direct');
});

for (const scheme of ['http', 'https']) {
  test(`a proxy that denies ${scheme} is named, without its password, and not asked twice`, async (t) => {
    const proxy = await startProxy(t, 0, 407);
    const address = `http://me:secret@${proxy.host}`;
    const http = testHttp(t, { proxy: { httpProxy: address, httpsProxy: address } });
    await assert.rejects(http.send(`${scheme}://registry.test/`), (error) => {
      assert.ok(isShrinkwrapError(error) && error.code === 'NETWORK_UNREACHABLE');
      assert.equal('proxy' in error.facts && error.facts.proxy, `http://me@${proxy.host}`);
      assert.ok(!error.message.includes('secret'));
      return true;
    });
    assert.equal(proxy.seen.length, 1);
  });
}

test('trusts a private CA when told to, directly and through a tunnel', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'secret' } }], tls);
  const proxy = await startProxy(t, server.port);
  const direct = testHttp(t, { caText: tls.cert });
  assert.equal((await readBytes(await direct.send(`${server.url}/`), 100)).toString(), 'secret');
  const tunnelled = testHttp(t, { caText: tls.cert, proxy: { httpsProxy: proxy.host } });
  assert.equal((await readBytes(await tunnelled.send('https://site.test/'), 100)).toString(), 'secret');
  assert.deepEqual(
    proxy.seen.map(({ line }) => line),
    ['CONNECT site.test:443'],
  );
});

test('a certificate that nobody trusts is an error at the first try, unless the host is declared insecure', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const server = await scriptedServer(t, [{ when: { path: '/' }, then: { body: 'secret' } }], tls);
  await assert.rejects(testHttp(t).send(`${server.url}/`), (error) => {
    assert.ok(isShrinkwrapError(error) && error.code === 'NETWORK_UNREACHABLE');
    assert.match(error.message, /DEPTH_ZERO_SELF_SIGNED_CERT/);
    assert.match(error.message, /"tries":1/);
    return true;
  });
  const insecure = testHttp(t, { insecureHosts: [`127.0.0.1:${server.port}`] });
  assert.equal((await readBytes(await insecure.send(`${server.url}/`), 100)).toString(), 'secret');
});

test('a certificate for another name is refused, also through a tunnel', async (t) => {
  const tls = certificate(t);
  if (tls === undefined) return;
  const server = await scriptedServer(t, [], tls);
  const proxy = await startProxy(t, server.port);
  const http = testHttp(t, { caText: tls.cert, proxy: { httpsProxy: proxy.host } });
  await assert.rejects(http.send('https://other.test/'), /ERR_TLS_CERT_ALTNAME_INVALID/);
});

test('plain HTTP on a TLS address fails at once with a reason that says so', async (t) => {
  const server = await scriptedServer(t, []);
  await assert.rejects(testHttp(t).send(`https://127.0.0.1:${server.port}/`), /wrong version number|packet length too long/);
});
