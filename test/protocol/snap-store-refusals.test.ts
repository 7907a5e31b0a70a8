/** What the snap store does not have, and what it must not make us do (facts/snap-store.md 1.3, 2.2). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSnapStore } from '#src/clients/snap-store.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import type { Answer, ScriptedServer } from '../support/scripted-server.ts';
import { answer, failsWith, GO, HEX, ID, result, storeWith } from './snap-store-fixture.ts';

describe('what the store does not have', () => {
  const error = (code: string, extra: object = {}): Answer =>
    answer({ result: 'error', 'instance-key': 'download-1', 'snap-id': ID, name: 'go', snap: null, error: { code, message: 'No.', ...extra } });
  const where = (server: ScriptedServer): string => `the snap store (127.0.0.1:${server.port})`;

  it('is told with the channels that exist for the architecture', async (t) => {
    const releases = [
      { architecture: 'amd64', channel: 'stable' },
      { architecture: 'arm64', channel: '1.99/stable' },
      { architecture: 'amd64', channel: '1.22/candidate' },
    ];
    const { store, server } = await storeWith(t, error('revision-not-found', { extra: { releases } }));
    const wanted = { ...GO, channel: '1.99/stable' };
    await failsWith(store.resolve([wanted]), 'UPSTREAM_NOT_FOUND', {
      what: 'snap',
      name: 'go 1.99/stable for amd64',
      where: where(server),
      exists: ['1.22/candidate', 'latest/stable'],
    });
  });

  it('is told with the other architectures when the wanted one has nothing', async (t) => {
    const { store } = await storeWith(t, error('revision-not-found', { extra: { releases: [{ architecture: 'arm64', channel: 'latest/stable' }] } }));
    await failsWith(store.resolve([GO]), 'UPSTREAM_NOT_FOUND', { exists: ['latest/stable (arm64)'] });
  });

  it('is told for a revision', async (t) => {
    const { store } = await storeWith(t, error('revision-not-found'));
    await failsWith(store.resolve([{ ...GO, revision: 4 }]), 'UPSTREAM_NOT_FOUND', { name: 'go revision 4 for amd64', exists: [] });
  });

  it('is told for a default track', async (t) => {
    const { store } = await storeWith(t, error('revision-not-found'));
    const { channel: _, ...wanted } = GO;
    await failsWith(store.resolve([wanted]), 'UPSTREAM_NOT_FOUND', { name: 'go for amd64', exists: [] });
  });

  it('is told for a name', async (t) => {
    const { store } = await storeWith(t, error('name-not-found'));
    await failsWith(store.resolve([GO]), 'UPSTREAM_NOT_FOUND', { what: 'snap', name: 'go', exists: [] });
  });

  it('is told in its own words for any other reason', async (t) => {
    const { store } = await storeWith(t, error('api-error'));
    await failsWith(store.resolve([GO]), 'UPSTREAM_ANSWER', { path: 'results[0].error', wanted: 'snap go', found: 'api-error: No.' });
  });

  it('is told when a result is missing, with the errors of the whole request', async (t) => {
    const { store } = await storeWith(t, { body: JSON.stringify({ results: [], 'error-list': [{ code: 'odd', message: 'a\u001b[31mb' }] }) });
    await failsWith(store.resolve([GO]), 'UPSTREAM_ANSWER', { path: 'results', wanted: 'one for go', found: 'odd: a [31mb' });
  });

  for (const [status, code] of [
    [400, 'NETWORK_STATUS'],
    [401, 'NETWORK_DENIED'],
    [403, 'NETWORK_DENIED'],
  ] as const) {
    it(`is told for status ${status}`, async (t) => {
      const { store, server } = await storeWith(t, { status, body: '{"error-list":[{"code":"bad-request","message":"why"}]}' });
      await failsWith(store.resolve([GO]), code, { status, detail: 'bad-request: why', url: `${server.url}/v2/snaps/refresh` });
    });
  }
});

describe('hostile names and answers', () => {
  for (const name of ['../etc', 'a/b', 'Go', '-go', 'go-', 'g--o', 'x', '1', 'a'.repeat(41), 'go\u0000', '']) {
    it(`does not ask for a snap called ${JSON.stringify(name.slice(0, 10))}`, async (t) => {
      const { store, server } = await storeWith(t, answer());
      await failsWith(store.resolve([{ ...GO, name }]), 'INPUT_MALFORMED', { what: 'snap', text: name });
      assert.equal(server.requests.length, 0);
    });
  }

  const download = { url: 'https://api.snapcraft.io/x.snap', size: 1, 'sha3-384': HEX };
  const hostile: Record<string, [object, string]> = {
    'another name': [{ name: 'gone' }, 'results[0].snap.name'],
    'an id with a path': [{ 'snap-id': '../../../../../../../etc/passwd1' }, 'results[0].snap.snap-id'],
    'a base with a path': [{ base: '../core' }, 'results[0].snap.base'],
    'revision 0': [{ revision: 0 }, 'results[0].snap.revision'],
    'a revision that is text': [{ revision: '7' }, 'results[0].snap.revision'],
    'another architecture': [{ architectures: ['riscv64'] }, 'results[0].snap.architectures'],
    'a type with a tab': [{ type: 'app\tx' }, 'results[0].snap.type'],
    'a confinement that is a list': [{ confinement: ['classic'] }, 'results[0].snap.confinement'],
    'a publisher with a path': [{ publisher: { id: '../../canonical' } }, 'results[0].snap.publisher.id'],
    'no publisher': [{ publisher: null }, 'results[0].snap.publisher'],
    'no snap.yaml': [{ 'snap-yaml': null }, 'results[0].snap.snap-yaml'],
    'a file address': [{ download: { ...download, url: 'file:///etc/passwd' } }, 'results[0].snap.download.url'],
    'a password in the address': [{ download: { ...download, url: 'https://a:b@api.snapcraft.io/x.snap' } }, 'results[0].snap.download.url'],
    'a digest in capitals': [{ download: { ...download, 'sha3-384': HEX.toUpperCase() } }, 'results[0].snap.download.sha3-384'],
    'a digest that is too short': [{ download: { ...download, 'sha3-384': HEX.slice(2) } }, 'results[0].snap.download.sha3-384'],
    'no size': [{ download: { ...download, size: undefined } }, 'results[0].snap.download.size'],
    'a size of half a byte': [{ download: { ...download, size: 0.5 } }, 'results[0].snap.download.size'],
  };
  for (const [name, [snap, path]] of Object.entries(hostile)) {
    it(`refuses ${name}`, async (t) => {
      const { store } = await storeWith(t, answer(result('download-1', 'go', { snap })));
      await failsWith(store.resolve([GO]), 'UPSTREAM_ANSWER', path.endsWith('publisher') ? {} : { path });
    });
  }

  it('refuses an answer that is not JSON', async (t) => {
    const { store } = await storeWith(t, { body: '<html>' });
    await failsWith(store.resolve([GO]), 'UPSTREAM_ANSWER', { wanted: 'JSON' });
  });

  it('refuses plain http for a download when the store itself is asked over https', () => {
    const http = { send: () => Promise.reject(new Error('never')) };
    assert.doesNotThrow(() => createSnapStore({ http, baseUrl: 'https://store.example/' }));
    for (const baseUrl of ['ftp://store.example/', 'store.example', 'https://store.example/?a=b']) {
      assert.throws(
        () => createSnapStore({ http, baseUrl }),
        (error) => isShrinkwrapError(error) && error.code === 'INPUT_MALFORMED',
      );
    }
  });
});
