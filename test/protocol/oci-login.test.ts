/** Logging in to registries: challenges, tokens, and who never gets to see a password (facts/oci.md 2.1). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAuthorizer } from '#src/clients/oci/authorization.js';
import { endpointOf } from '#src/clients/oci/endpoint.js';
import type { Credential } from '#src/clients/oci/token.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import { AMD64, documentsAsked, type Fixture, fixture, ociImage } from '../support/registry-fixture.ts';
import { type Asked, type Script, scriptedRegistry, sendDocument, sendError } from '../support/scripted-registry.ts';

const image = ociImage('layer');
const PASSWORD: Credential = { kind: 'password', username: 'ada', password: 'pass:word' };
const ADA = `Basic ${Buffer.from('ada:pass:word').toString('base64')}`;

interface TokenServer {
  /** The JSON of the n-th token, from 1. */
  readonly token?: (n: number) => Record<string, unknown>;
  /** Which tokens the registry takes. */
  readonly accepts?: (authorization: string | undefined) => boolean;
  readonly status?: number;
}

/** A registry whose token server is on the same socket, with commas inside the quotes of its challenge. */
function bearer({ token = (n) => ({ token: `t${n}` }), accepts = (text) => text !== undefined, status = 200 }: TokenServer = {}): Script {
  let tokens = 0;
  return ({ url, headers }, response) => {
    if (url.startsWith('/token')) {
      tokens += 1;
      if (status === 200) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token(tokens)));
      else sendError(response, status, 'DENIED');
    } else if (accepts(headers.authorization)) sendDocument(response, image);
    else
      sendError(response, 401, 'UNAUTHORIZED', {
        'www-authenticate': `Bearer realm="http://${headers.host}/token?from=challenge",service="a, b",scope="repository:x/y:pull,push"`,
      });
  };
}

const tokensOf = ({ registry }: Fixture): Asked[] => registry.asked.filter(({ url }) => url.startsWith('/token'));
const resolve = ({ client, registry }: Fixture, name = 'x/y:1') => client.resolve(parseImageRef(`${registry.host}/${name}`), AMD64);

test('a public image: 401, an anonymous token for the scope of the challenge, the image', async (t) => {
  const all = await fixture(t, bearer());
  assert.notEqual(await resolve(all), undefined);
  assert.deepEqual(
    documentsAsked(all.registry).map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/v2/x/y/manifests/1', undefined],
      ['/token?from=challenge&service=a%2C+b&scope=repository%3Ax%2Fy%3Apull%2Cpush&client_id=shrinkwrap', undefined],
      ['/v2/x/y/manifests/1', 'Bearer t1'],
    ],
  );
});

test('the token serves the blobs and later images of the repository too', async (t) => {
  const all = await fixture(t, bearer());
  await resolve(all);
  await resolve(all, 'x/y:2');
  const { config } = (await resolve(all)) ?? assert.fail();
  const response = await all.client.open(`${all.registry.host}/x/y`, config.digest, { offset: 0, signal: AbortSignal.timeout(5000) });
  response.body.destroy();
  assert.equal(tokensOf(all).length, 1);
  await resolve(all, 'other/name:1');
  assert.equal(tokensOf(all).length, 2);
});

test('twenty at once ask for one token', async (t) => {
  const all = await fixture(t, bearer());
  await Promise.all(Array.from({ length: 20 }, () => resolve(all)));
  assert.equal(tokensOf(all).length, 1);
});

test('takes access_token, and a missing or small expires_in for 60 seconds', async (t) => {
  let now = 0;
  const all = await fixture(t, bearer({ token: (n) => ({ access_token: `a${n}`, ...(n > 1 && { expires_in: 5 }) }) }), { now: () => now });
  await resolve(all);
  assert.equal(all.registry.asked.at(-1)?.headers.authorization, 'Bearer a1');
  now = 49_000;
  await resolve(all);
  assert.equal(tokensOf(all).length, 1);
  now = 51_000;
  await resolve(all);
  assert.equal(tokensOf(all).length, 2);
  now = 100_000;
  await resolve(all);
  assert.equal(tokensOf(all).length, 2);
});

test('keeps a token as long as expires_in says', async (t) => {
  let now = 0;
  const all = await fixture(t, bearer({ token: (n) => ({ token: `t${n}`, expires_in: 3600 }) }), { now: () => now });
  await resolve(all);
  now = 3_500_000;
  await resolve(all);
  assert.equal(tokensOf(all).length, 1);
});

test('a token that the registry no longer takes is renewed once', async (t) => {
  let good = 'Bearer t1';
  const all = await fixture(t, bearer({ accepts: (text) => text === good }));
  await resolve(all);
  good = 'Bearer t2';
  assert.notEqual(await resolve(all), undefined);
  assert.equal(tokensOf(all).length, 2);
});

test('a token that is refused again at once: unknown or private, and no third try', async (t) => {
  const all = await fixture(t, bearer({ accepts: () => false }));
  assert.equal(await resolve(all), undefined);
  assert.equal(all.registry.asked.length, 3);
  assert.deepEqual(all.notes, [`${all.registry.host}/x/y:1: unknown or private (UNAUTHORIZED: unauthorized said the registry)`]);
});

test('a token server that gives nothing to the anonymous: unknown or private', async (t) => {
  const all = await fixture(t, bearer({ status: 403 }));
  assert.equal(await resolve(all), undefined);
  assert.deepEqual(all.notes, [`${all.registry.host}/x/y:1: unknown or private (DENIED: denied said the registry)`]);
});

test('a 403 of the registry is "unknown or private" in its own words, an error in those of a proxy', async (t) => {
  const own = await fixture(t, (_, response) => sendError(response, 403, 'DENIED'));
  assert.equal(await resolve(own), undefined);
  const proxy = await fixture(t, (_, response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<html>blocked by policy</html>'));
  await assert.rejects(resolve(proxy), {
    code: 'NETWORK_DENIED',
    facts: { url: `${proxy.registry.url}/v2/x/y/manifests/1`, status: 403, detail: 'a web page, not the answer of a registry' },
  });
});

test('a login that is refused is an error, whether by the token server or by the registry', async (t) => {
  for (const server of [{ status: 401 }, { accepts: () => false }]) {
    const all = await fixture(t, bearer(server), { credentials: () => PASSWORD });
    await assert.rejects(resolve(all), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'NETWORK_DENIED');
      assert.doesNotMatch(`${error.message} ${error.stack}`, /pass|ada|YWRh/);
      return true;
    });
  }
});

test('the password goes to the token server, the token to the registry', async (t) => {
  const asked: string[] = [];
  const credentials = (host: string, repository: string): Credential => {
    asked.push(`${host} ${repository}`);
    return PASSWORD;
  };
  const all = await fixture(t, bearer(), { credentials });
  await resolve(all);
  assert.deepEqual(
    documentsAsked(all.registry).map(({ headers }) => headers.authorization),
    [undefined, ADA, 'Bearer t1'],
  );
  assert.deepEqual(asked, [`${all.registry.host} x/y`]);
});

test('an identity token is exchanged in the POST form, or as a password where that form is unknown', async (t) => {
  const credentials = (): Credential => ({ kind: 'identity', token: 'long-lived' });
  const posted = await fixture(t, bearer(), { credentials });
  await resolve(posted);
  const [form] = tokensOf(posted);
  assert.equal(form?.method, 'POST');
  assert.equal(form.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(form.body)), {
    grant_type: 'refresh_token',
    service: 'a, b',
    client_id: 'shrinkwrap',
    scope: 'repository:x/y:pull,push',
    refresh_token: 'long-lived',
  });
  const newer = bearer();
  const old = await fixture(t, (asked, response) => (asked.method === 'POST' ? response.writeHead(405).end() : newer(asked, response)), { credentials });
  assert.notEqual(await resolve(old), undefined);
  assert.equal(tokensOf(old)[1]?.headers.authorization, `Basic ${Buffer.from('<token>:long-lived').toString('base64')}`);
});

test('a bearer token made elsewhere is sent as it is', async (t) => {
  const all = await fixture(t, bearer({ accepts: (text) => text === 'Bearer ready' }), { credentials: () => ({ kind: 'bearer', token: 'ready' }) });
  assert.notEqual(await resolve(all), undefined);
  assert.equal(tokensOf(all).length, 0);
});

const basic: Script = ({ headers }, response) => {
  if (headers.authorization === ADA) sendDocument(response, image);
  else sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="Registry, private"' });
};

test('Basic: the password on every request after the first 401', async (t) => {
  const all = await fixture(t, basic, { credentials: () => PASSWORD });
  await resolve(all);
  await resolve(all);
  assert.deepEqual(
    documentsAsked(all.registry).map(({ headers }) => headers.authorization),
    [undefined, ADA, ADA],
  );
});

test('a Basic registry with nobody logged in says that it wants a login', async (t) => {
  const all = await fixture(t, basic);
  await assert.rejects(resolve(all), {
    code: 'NETWORK_DENIED',
    facts: { url: `${all.registry.url}/v2/`, status: 401, detail: 'the registry asks for a user name and a password' },
  });
});

test('Bearer is preferred where both are offered; without a way to log in it says so', async (t) => {
  const script = bearer();
  const offered = await fixture(t, (asked, response) => {
    if (asked.url.startsWith('/token') || asked.headers.authorization !== undefined) return script(asked, response);
    sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': `Basic realm="x", Bearer realm="http://${asked.headers.host}/token"` });
  });
  await resolve(offered);
  assert.equal(offered.registry.asked.at(-1)?.headers.authorization, 'Bearer t1');
  const mute = await fixture(t, (_, response) => sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Negotiate abc==' }));
  await assert.rejects(resolve(mute), {
    code: 'NETWORK_DENIED',
    facts: { url: `${mute.registry.url}/v2/`, status: 401, detail: 'the registry asks for negotiate, which is not supported' },
  });
});

test('a registry that speaks TLS cannot send the password to a token server that does not', async () => {
  const http = { send: () => assert.fail('nothing may be sent') };
  const authorizer = createAuthorizer({ http, credentials: () => PASSWORD, now: () => 0, signal: AbortSignal.timeout(1000) });
  const endpoint = endpointOf('registry.example/x/y', { mirrors: new Map(), insecureHosts: new Set() });
  const asking = authorizer.renew(endpoint, 'Bearer realm="http://token.example/steal"', undefined);
  await assert.rejects(asking, {
    code: 'NETWORK_DENIED',
    facts: { url: 'https://registry.example/v2/', status: 401, detail: 'the registry names a token server without TLS, http://token.example' },
  });
});

/** A registry that sends its blobs to another origin, which answers what the test says. */
async function redirecting(t: TestContext, other: Script, options: Parameters<typeof fixture>[2]): Promise<Fixture & { elsewhere: readonly Asked[] }> {
  const storage = await scriptedRegistry(other);
  t.after(() => storage.close());
  const script = bearer();
  const all = await fixture(
    t,
    (asked, response) =>
      asked.url.includes('/blobs/') && asked.headers.authorization !== undefined
        ? response.writeHead(307, { location: `${storage.url}/signed?key=1` }).end()
        : script(asked, response),
    options,
  );
  return { ...all, elsewhere: storage.asked };
}

test('a storage host that blobs are redirected to sees no token', async (t) => {
  const all = await redirecting(t, ({ headers }, response) => response.writeHead(headers.authorization === undefined ? 200 : 400).end('blob'), {
    credentials: () => PASSWORD,
  });
  const { config } = (await resolve(all)) ?? assert.fail();
  const response = await all.client.open(`${all.registry.host}/x/y`, config.digest, { offset: 0, signal: AbortSignal.timeout(5000) });
  assert.equal(Buffer.concat(await response.body.toArray()).toString(), 'blob');
  assert.deepEqual(
    all.elsewhere.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  );
});

test('a storage host that asks for a password gets none', async (t) => {
  const all = await redirecting(t, (_, response) => sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="give it to me"' }), {
    credentials: () => PASSWORD,
  });
  const { config } = (await resolve(all)) ?? assert.fail();
  await assert.rejects(all.client.open(`${all.registry.host}/x/y`, config.digest, { offset: 0, signal: AbortSignal.timeout(5000) }), {
    code: 'NETWORK_DENIED',
  });
  assert.deepEqual(
    all.elsewhere.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  );
});

test('the login written into the address of a mirror is used there, and the one of the host it stands for is not', async (t) => {
  const source = await fixture(t, basic);
  const asked: string[] = [];
  const address = new URL(source.registry.url);
  address.username = 'ada';
  address.password = encodeURIComponent('pass:word');
  const credentials = (host: string): undefined => void asked.push(host);
  const { client } = await fixture(t, basic, { mirrors: new Map([['docker.io', address.href]]), credentials });
  assert.notEqual(await client.resolve(parseImageRef('busybox:1'), AMD64), undefined);
  const plain = await fixture(t, basic, { mirrors: new Map([['docker.io', source.registry.url]]), credentials });
  await assert.rejects(plain.client.resolve(parseImageRef('busybox:1'), AMD64), { code: 'NETWORK_DENIED' });
  assert.deepEqual(asked, [source.registry.host]);
});
