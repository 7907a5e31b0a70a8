/** Fetching assertion streams: the requests and their order, the order in the file, and answers that are wrong (facts/snap-store.md 1.5, 3.6). */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import { checkChain } from '#src/assertion/check-chain.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { encodeAssertion } from '#src/assertion/encode-stream.js';
import { hexToDigest } from '#src/assertion/names.js';
import { refPath } from '#src/assertion/reference.js';
import { createSnapStore, type SnapStore, type SnapStoreOptions } from '#src/clients/snap-store.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { signAssertion } from '#scripts/pki/sign-assertion.js';
import { signSnapParts } from '#scripts/pki/sign-snap.js';
import { testHttp } from '../support/http-client.ts';
import { assertionDigest, NOW, SNAP, signedSnap, testRoots, testTrust, upstreamData, withoutData } from '../support/pki.ts';
import { type Answer, type Rule, scriptedServer, type ScriptedServer } from '../support/scripted-server.ts';

const trust = await testTrust();
const roots = testRoots(trust);
const DIGEST = hexToDigest(SNAP.sha3_384);
const identity = { name: SNAP.name, sha3_384: SNAP.sha3_384, arch: 'amd64' } as const;
const type = { 'content-type': 'application/x.ubuntu.assertion' };

/** One row an assertion of the stream. */
const rulesFor = (stream: Buffer): Rule[] =>
  decodeStream(stream).map((assertion) => ({
    when: { method: 'GET', path: new RegExp(`^/v2/assertions/${refPath(assertion)}\\?`) },
    then: { headers: type, body: encodeAssertion(assertion) },
  }));

async function storeWith(
  t: TestContext,
  rules: readonly Rule[],
  options: Partial<SnapStoreOptions> = {},
): Promise<{ store: SnapStore; server: ScriptedServer }> {
  const server = await scriptedServer(t, rules);
  return { store: createSnapStore({ http: testHttp(t), baseUrl: server.url, roots, ...options }), server };
}

const paths = (server: ScriptedServer): string[] => server.requests.map(({ path }) => path.replace('/v2/assertions/', ''));

const fails = async (promise: Promise<unknown>, code: string, pattern: RegExp): Promise<void> => {
  await assert.rejects(promise, (error) => {
    assert.ok(isShrinkwrapError(error), String(error));
    assert.equal(error.code, code);
    assert.match(JSON.stringify(error.facts), pattern);
    return true;
  });
};

describe('fetching assertions', () => {
  it('asks in the order of `snap download` and writes what it writes', async (t) => {
    const stream = await signedSnap();
    const { store, server } = await storeWith(t, rulesFor(stream));
    assert.ok((await store.assertions(identity)).equals(stream));
    assert.deepEqual(paths(server), [
      `snap-revision/${DIGEST}?max-format=0`,
      `snap-declaration/16/${SNAP.id}?max-format=5`,
      'account/acme-publishing?max-format=0',
      `account-key/${trust.storeKey.id}?max-format=0`,
    ]);
    assert.deepEqual(
      decodeStream(stream).map((assertion) => assertion.type),
      ['account-key', 'account', 'snap-declaration', 'snap-revision'],
    );
  });

  it('neither asks for nor writes an account that is built in', async (t) => {
    const { publisher: _, ...own } = SNAP;
    const stream = await signedSnap();
    const parts = signSnapParts(own, trust, NOW);
    const { store, server } = await storeWith(t, parts.flatMap(rulesFor));
    const fetched = await store.assertions(identity);
    assert.deepEqual(
      decodeStream(fetched).map((assertion) => assertion.type),
      ['account-key', 'snap-declaration', 'snap-revision'],
    );
    assert.equal(server.requests.length, 3);
    assert.ok(!fetched.equals(stream));
  });

  it('sends the headers of the real client', async (t) => {
    const { store, server } = await storeWith(t, rulesFor(await signedSnap()));
    await store.assertions(identity);
    for (const { headers } of server.requests) {
      assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => /^(?:accept|x-ubuntu-.*|snap-.*|authorization)$/.test(name))), {
        accept: 'application/x.ubuntu.assertion',
        'snap-device-capabilities': 'default-tracks',
        'x-ubuntu-architecture': 'amd64',
        'x-ubuntu-classic': 'true',
        'x-ubuntu-series': '16',
        'x-ubuntu-wire-protocol': '1',
      });
    }
  });

  it('asks for the formats that the far side understands', async (t) => {
    const { store, server } = await storeWith(t, rulesFor(await signedSnap()));
    await store.assertions(identity, { maxFormat: { 'snap-declaration': 7, 'account-key': 1 } });
    assert.deepEqual(
      server.requests.map(({ path }) => path.split('=')[1]),
      ['0', '7', '0', '1'],
    );
  });

  it('fetches what two snaps share once in a run, and once when they are fetched at the same time', async (t) => {
    const other = { ...SNAP, name: 'k8s', id: 'A'.repeat(32), sha3_384: '0'.repeat(96) };
    const rules = [...rulesFor(await signedSnap()), ...rulesFor(await signedSnap(other))];
    const { store, server } = await storeWith(t, rules);
    const [first, second, again] = await Promise.all([
      store.assertions(identity),
      store.assertions({ ...identity, name: 'k8s', sha3_384: other.sha3_384 }),
      store.assertions(identity),
    ]);
    assert.equal(server.requests.length, 4 + 2);
    assert.ok(again.equals(first));
    assert.ok(second.equals(await signedSnap(other)));
  });

  it('does not remember a failure', async (t) => {
    const { store } = await storeWith(t, [{ when: { path: /snap-revision/ }, then: { status: 404 }, times: 1 }, ...rulesFor(await signedSnap())]);
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /not found/);
    assert.equal(decodeStream(await store.assertions(identity)).length, 4);
  });

  const SAMPLE = 'assertions/word-salad_7.assert';
  it('writes a real stream byte for byte as the real client did', { skip: withoutData(SAMPLE) }, async (t) => {
    const stream = upstreamData(SAMPLE) ?? Buffer.alloc(0);
    const { store, server } = await storeWith(t, rulesFor(stream), { roots: CANONICAL_ROOT });
    const sha3_384 = 'bf44122d10448f68ccb849ad81826b5634c502b7f6ee764122a66b87cee664817fa61fdf99e74ec0e719bb8c29bcb3ac';
    const fetched = await store.assertions({ name: 'word-salad', sha3_384, arch: 'amd64' });
    assert.ok(fetched.equals(stream));
    assert.ok(checkChain(decodeStream(fetched), { roots: CANONICAL_ROOT, now: NOW }).ok);
    assert.deepEqual(paths(server), [
      'snap-revision/v0QSLRBEj2jMuEmtgYJrVjTFArf27nZBIqZrh87mZIF_ph_fmedOwOcZu4wpvLOs?max-format=0',
      'snap-declaration/16/UQEdRgY5gr1dI2fwIDOgUQidMZauRqt7?max-format=5',
      'account/ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG?max-format=0',
      'account-key/BWDEoaqyr25nF5SNCvEv2v7QnM9QsfCc0PBMYD_i2NGSQ32EF2d4D0hqUel3m8ul?max-format=0',
    ]);
  });
});

describe('assertions that cannot be had', () => {
  const revision = { when: { path: /snap-revision/ } };
  const only = (then: Answer): Rule[] => [{ ...revision, then }];
  const bodies = async (): Promise<Buffer[]> => decodeStream(await signedSnap()).map((assertion) => encodeAssertion(assertion));

  it('are an integrity error that names the assertion', async (t) => {
    const { store } = await storeWith(
      t,
      only({
        status: 404,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: '{"error-list":[{"code":"not-found","message":"no assertion"}]}',
      }),
    );
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /signatures of snap word-salad.*snap-revision \(.*"found":"not-found: no assertion"/);
  });

  it('are told in the older form of errors too', async (t) => {
    const { store } = await storeWith(t, only({ status: 404, body: '{"status":404,"title":"not found","detail":"nothing here","type":"error"}' }));
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /"found":"not found; nothing here"/);
  });

  it('are a network error for any other status', async (t) => {
    const { store } = await storeWith(t, only({ status: 400, headers: { 'x-oops-id': 'OOPS-1' }, body: '{"error-list":[{"code":"bad","message":"odd"}]}' }));
    await fails(store.assertions(identity), 'NETWORK_STATUS', /bad: odd \[OOPS-1\]/);
  });

  it('are refused when garbage comes', async (t) => {
    const { store } = await storeWith(t, only({ body: 'garbage' }));
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /unexpected EOF in headers/);
  });

  it('are refused when nothing comes', async (t) => {
    const { store } = await storeWith(t, only({ body: '' }));
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /"wanted":"one assertion","found":"nothing"/);
  });

  it('are refused when two come at once', async (t) => {
    const { store } = await storeWith(t, only({ body: await signedSnap() }));
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /"found":"a stream"/);
  });

  it('are refused when another one comes', async (t) => {
    const [, account] = await bodies();
    const { store } = await storeWith(t, only({ body: account ?? '' }));
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /"wanted":"snap-revision \(.*"found":"account \(acme-publishing\)"/);
    const wrong = await signedSnap({ sha3_384: '0'.repeat(96) });
    const { store: second } = await storeWith(
      t,
      only({ body: encodeAssertion(decodeStream(wrong)[3] ?? { content: Buffer.alloc(0), signature: Buffer.alloc(0) }) }),
    );
    await fails(second.assertions(identity), 'INTEGRITY_MISMATCH', /"found":"snap-revision \(AAAA/);
  });

  it('are refused beyond their size', async (t) => {
    const { store } = await storeWith(t, only({ body: Buffer.alloc(3 * 1024 * 1024, 'a') }));
    await fails(store.assertions(identity), 'UPSTREAM_ANSWER', /at most/);
  });

  it('never lead out of the path of assertions', async (t) => {
    const headers = {
      type: 'snap-revision',
      'snap-sha3-384': DIGEST,
      'snap-id': '..',
      'developer-id': '..',
      'snap-revision': '1',
      'snap-size': '1',
      timestamp: NOW.toISOString(),
    };
    const { store, server } = await storeWith(t, only({ body: signAssertion(headers, '', trust.storeKey, NOW) }));
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /a name that may stand in an address/);
    assert.equal(server.requests.length, 1);
  });

  it('are given up when every key wants another key', async (t) => {
    const key = await createSigningKey('shrinkwrap-demo', 2048);
    const endless = ({ path }: { readonly path: string }): Answer => {
      const id = /account-key\/(.{64})/.exec(path)?.[1] ?? '';
      const headers = { type: 'account-key', 'public-key-sha3-384': id, 'account-id': key.account, since: '2016-04-01T00:00:00Z' };
      return { body: signAssertion({ ...headers, 'sign-key-sha3-384': assertionDigest(Buffer.from(id)) }, key.body, key, NOW) };
    };
    const { store, server } = await storeWith(t, [{ when: { path: /account-key/ }, then: endless }, ...rulesFor(await signedSnap())]);
    await fails(store.assertions(identity), 'INTEGRITY_MISMATCH', /at most 32 assertions/);
    assert.equal(server.requests.length, 32);
  });

  it('stop with the job', async (t) => {
    const { store } = await storeWith(t, rulesFor(await signedSnap()));
    await assert.rejects(store.assertions(identity, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });

  it('are not asked for a digest that is none', async (t) => {
    const { store, server } = await storeWith(t, []);
    await fails(store.assertions({ ...identity, sha3_384: '../../x' }), 'INPUT_MALFORMED', /digest/);
    assert.equal(server.requests.length, 0);
  });
});
