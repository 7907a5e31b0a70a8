/** Brand stores and private snaps: the login comes from the environment, goes to the store alone and is never shown. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { createSnapStore } from '#src/clients/snap-store.js';
import { snapAuthorization } from '#src/clients/snap-store/credentials.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { settingsFromValues } from '#src/cli/settings-from-values.js';
import { readValues } from '#src/cli/values.js';
import { hexToDigest } from '#src/assertion/names.js';
import { SNAP, testRoots, testTrust } from '../support/pki.ts';
import { testHttp } from '../support/http-client.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { answer, failsWith, GO, result } from './snap-store-fixture.ts';

const SECRET = 'sEcReTsEcReT';
const login = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const packet = (text: string): Buffer => Buffer.from((text.length + 5).toString(16).padStart(4, '0') + text + '\n', 'latin1');
const macaroon = (signature: Buffer): Buffer =>
  Buffer.concat([packet('location store'), packet('identifier x'), packet(`signature ${signature.toString('latin1')}`)]);

describe('a login to the store', () => {
  it('is the finished header, or what snapcraft exports', () => {
    assert.equal(snapAuthorization(`Macaroon root="${SECRET}"`), `Macaroon root="${SECRET}"`);
    assert.equal(snapAuthorization(login({ t: 'macaroon', v: SECRET })), `Macaroon ${SECRET}`);
    assert.equal(snapAuthorization(`${login({ t: 'bearer', v: SECRET })}\n`), `Bearer ${SECRET}`);
  });

  it('of Ubuntu One binds its discharge to its root', () => {
    const [root, discharge] = [macaroon(Buffer.alloc(32, 1)), macaroon(Buffer.alloc(32, 2))];
    const mac = (data: Buffer): Buffer => createHmac('sha256', Buffer.alloc(32)).update(data).digest();
    const bound = macaroon(mac(Buffer.concat([mac(Buffer.alloc(32, 1)), mac(Buffer.alloc(32, 2))])));
    const [r, d] = [root.toString('base64url'), discharge.toString('base64url')];
    const wanted = `Macaroon root="${r}", discharge="${bound.toString('base64url')}"`;
    assert.equal(snapAuthorization(login({ r, d })), wanted);
    assert.equal(snapAuthorization(login({ t: 'u1-macaroon', v: { r, d } })), wanted);
  });

  it('is refused without a word of it in the error', () => {
    for (const text of [
      SECRET,
      `${SECRET}!`,
      login({ t: 'else', v: SECRET }),
      login({ r: SECRET, d: SECRET }),
      `Macaroon ${SECRET}\nX-Evil: 1`,
      login([SECRET]),
    ]) {
      assert.throws(
        () => snapAuthorization(text),
        (error) => isShrinkwrapError(error) && error.code === 'USAGE_BAD' && !error.message.includes(SECRET) && !error.message.includes(text),
      );
    }
  });

  it('comes from the environment; the store id and the formats are options', async () => {
    const argv = ['x', '--snap-store-id', 'my-brand', '--max-format', 'snap-declaration=6', '--max-format', 'account-key=1'];
    const settings = await settingsFromValues(readValues(argv, 'pack', {}), { SHRINKWRAP_SNAP_AUTH: `Macaroon ${SECRET}` });
    assert.deepEqual([settings.snapAuthorization, settings.snapStoreId], [`Macaroon ${SECRET}`, 'my-brand']);
    assert.deepEqual(settings.maxFormat, { 'snap-declaration': 6, 'account-key': 1 });
    const ubuntu = await settingsFromValues(readValues(['x'], 'pack', {}), { UBUNTU_STORE_AUTH: login({ t: 'macaroon', v: SECRET }) });
    assert.equal(ubuntu.snapAuthorization, `Macaroon ${SECRET}`);
    for (const bad of [
      ['--max-format', 'cheese=1'],
      ['--max-format', 'account'],
      ['--snap-store-id', 'a b'],
    ])
      await assert.rejects(settingsFromValues(readValues(['x', ...bad], 'pack', {}), {}), /USAGE_BAD/);
  });
});

describe('a brand store', () => {
  it('is named, and the login shown, in every request to the store', async (t) => {
    const server = await scriptedServer(t, [
      { when: { method: 'POST', path: '/v2/snaps/refresh' }, then: answer(result('download-1', 'go')) },
      {
        when: { method: 'GET', path: /snap-revision/ },
        then: { status: 404, headers: { 'content-type': 'application/json' }, body: '{}' },
      },
    ]);
    const store = createSnapStore({ http: testHttp(t), baseUrl: server.url, macaroon: `Macaroon ${SECRET}`, storeId: 'my-brand' });
    await store.resolve([GO]);
    await failsWith(store.assertions(SNAP), 'INTEGRITY_MISMATCH', {});
    const [refresh, assertion] = server.requests;
    assert.deepEqual([refresh?.headers['snap-device-store'], refresh?.headers['authorization']], ['my-brand', `Macaroon ${SECRET}`]);
    assert.deepEqual([assertion?.headers['x-ubuntu-store'], assertion?.headers['authorization']], ['my-brand', `Macaroon ${SECRET}`]);
  });

  it('that refuses us does not get the login into the error', async (t) => {
    const server = await scriptedServer(t, [{ when: { method: 'POST', path: '/v2/snaps/refresh' }, then: { status: 401, body: '{}' } }]);
    const store = createSnapStore({ http: testHttp(t), baseUrl: server.url, macaroon: `Macaroon ${SECRET}` });
    await assert.rejects(store.resolve([GO]), (error) => isShrinkwrapError(error) && error.code === 'NETWORK_DENIED' && !error.message.includes(SECRET));
  });
});

describe('the format of assertions', () => {
  it('is asked for as given for the whole store', async (t) => {
    const trust = await testTrust();
    const server = await scriptedServer(t, [
      { when: { method: 'GET', path: /assertions/ }, then: { status: 404, headers: { 'content-type': 'application/json' }, body: '{}' } },
    ]);
    const store = createSnapStore({ http: testHttp(t), baseUrl: server.url, roots: testRoots(trust), maxFormat: { 'snap-revision': 3 } });
    await failsWith(store.assertions({ ...SNAP, provenance: 'my-factory' }), 'INTEGRITY_MISMATCH', {});
    assert.equal(server.requests[0]?.path, `/v2/assertions/snap-revision/${hexToDigest(SNAP.sha3_384)}/my-factory?max-format=3`);
  });
});
