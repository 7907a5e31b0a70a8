/** Answers of the snap store as facts/snap-store.md 1.3 has them, and a client asking a server that gives them. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createSnapStore, type SnapStore } from '#src/clients/snap-store.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import type { SnapWanted } from '#src/domain/releases.js';
import { testHttp } from '../support/http-client.ts';
import { type Answer, scriptedServer, type ScriptedServer } from '../support/scripted-server.ts';

export const HEX = 'a607ae5fca544363956b0ae5d38ab701f4737a6986b3e132d96d837b9b442802f0edd90c4e2b375988bff5f8aad1ce02';
export const ID = 'Md1HBASHzP4i0bniScAjXGnOII9cEK6e';

/** A result as the store gives it, with some keys replaced. */
export const result = (key: string, name: string, changes: { snap?: object; [key: string]: unknown } = {}): object => ({
  result: 'download',
  'instance-key': key,
  'snap-id': ID,
  name,
  'effective-channel': 'stable',
  'redirect-channel': '',
  'released-at': '2024-07-04T13:56:12.190670+00:00',
  ...changes,
  snap: {
    architectures: ['amd64'],
    base: 'core22',
    confinement: 'classic',
    'created-at': '2024-07-03T08:31:17.968740+00:00',
    download: { url: `https://api.snapcraft.io/api/v1/snaps/download/${ID}_10660.snap`, size: 64892928, 'sha3-384': HEX, deltas: [] },
    epoch: { read: [0], write: [0] },
    name,
    'snap-id': ID,
    revision: 10660,
    version: '1.22.5',
    type: 'app',
    publisher: { id: 'canonical', username: 'canonical', 'display-name': 'Canonical', validation: 'verified' },
    prices: {},
    private: false,
    'snap-yaml': `name: ${name}\n`,
    ...changes.snap,
  },
});

export const answer = (...results: object[]): Answer => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ results, 'error-list': [] }),
});

export async function storeWith(t: TestContext, then: Answer | (() => Answer), path = ''): Promise<{ store: SnapStore; server: ScriptedServer }> {
  const server = await scriptedServer(t, [{ when: { method: 'POST', path: `${path}/v2/snaps/refresh` }, then }]);
  return { store: createSnapStore({ http: testHttp(t), baseUrl: server.url + path }), server };
}

export const GO: SnapWanted = { name: 'go', channel: 'latest/stable', arch: 'amd64' };

export const failsWith = async (promise: Promise<unknown>, code: string, facts: Record<string, unknown>): Promise<void> => {
  await assert.rejects(promise, (error) => {
    assert.ok(isShrinkwrapError(error), String(error));
    assert.equal(error.code, code);
    const found = Object.fromEntries(Object.entries(error.facts).filter(([name]) => Object.hasOwn(facts, name)));
    assert.deepEqual(found, facts);
    return true;
  });
};
