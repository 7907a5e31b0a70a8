/** The snap store's resolve against a real server with literal answers (facts/snap-store.md 1.2, 1.3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createSnapStore } from '#src/clients/snap-store.js';
import { testHttp } from '../support/http-client.ts';
import { upstreamData, withoutData } from '../support/pki.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { answer, GO, HEX, ID, result, storeWith } from './snap-store-fixture.ts';

describe('resolving snaps', () => {
  it('reads a release', async (t) => {
    const { store, server } = await storeWith(t, answer(result('download-1', 'go')));
    assert.deepEqual(await store.resolve([GO]), [
      {
        name: 'go',
        id: ID,
        revision: 10660,
        version: '1.22.5',
        channel: 'latest/stable',
        arch: 'amd64',
        base: 'core22',
        type: 'app',
        confinement: 'classic',
        publisherId: 'canonical',
        snapYaml: 'name: go\n',
        download: { source: `https://api.snapcraft.io/api/v1/snaps/download/${ID}_10660.snap`, size: 64892928, digest: { algorithm: 'sha3-384', hex: HEX } },
      },
    ]);
    assert.equal(server.requests.length, 1);
  });

  it('asks exactly as `snap download` does', async (t) => {
    const { store, server } = await storeWith(t, answer(result('download-1', 'word-salad')));
    await store.resolve([{ name: 'word-salad', channel: '1.32-classic/stable', arch: 'amd64' }]);
    const [request] = server.requests;
    assert.equal(
      request?.body.toString(),
      '{"context":[],"actions":[{"action":"download","instance-key":"download-1","name":"word-salad","channel":"1.32-classic/stable","epoch":null}],' +
        '"fields":["architectures","base","confinement","contact","created-at","description","download","epoch","license","name","prices","private","publisher",' +
        '"revision","snap-id","snap-yaml","summary","title","type","version","website","store-url","media","common-ids"]}',
    );
    const { headers } = request;
    assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => /^(?:accept|content-type|snap-.*)$/.test(name))), {
      accept: 'application/json',
      'content-type': 'application/json',
      'snap-classic': 'true',
      'snap-device-architecture': 'amd64',
      'snap-device-capabilities': 'default-tracks',
      'snap-device-series': '16',
    });
    assert.equal(headers['user-agent'], 'shrinkwrap-test/1');
    assert.equal(headers.authorization, undefined);
  });

  const CAPTURED = 'assertions/captured-requests-snap-2.57.6.txt';
  it('sends the bodies that were captured from the real client', { skip: withoutData(CAPTURED) }, async (t) => {
    const bodies = (upstreamData(CAPTURED)?.toString() ?? '').match(/(?<=BODY ).*/g) ?? [];
    assert.equal(bodies.length, 2);
    const { store, server } = await storeWith(t, answer(result('download-1', 'word-salad', { snap: { architectures: ['all'] } })));
    await store.resolve([{ name: 'word-salad', channel: '1.32-classic/stable', arch: 'amd64' }]);
    await store.resolve([{ name: 'word-salad', channel: 'latest/stable', revision: 7, arch: 'arm64' }]);
    assert.deepEqual(
      server.requests.map(({ body }) => body.toString()),
      bodies,
    );
  });

  it('leaves the channel out when none is asked for', async (t) => {
    const { store, server } = await storeWith(t, answer(result('download-1', 'go')));
    const { channel: _, ...wanted } = GO;
    await store.resolve([wanted]);
    const { actions } = JSON.parse(server.requests[0]?.body.toString() ?? '') as { actions: unknown };
    assert.deepEqual(actions, [{ action: 'download', 'instance-key': 'download-1', name: 'go', epoch: null }]);
  });

  it('asks for a revision without the channel', async (t) => {
    const { store, server } = await storeWith(t, answer(result('download-1', 'go')));
    await store.resolve([{ ...GO, revision: 10660 }]);
    const { actions } = JSON.parse(server.requests[0]?.body.toString() ?? '') as { actions: object[] };
    assert.deepEqual(actions, [{ action: 'download', 'instance-key': 'download-1', name: 'go', revision: 10660, epoch: null }]);
  });

  it('sends one request an architecture and answers in the order asked for', async (t) => {
    const server = await scriptedServer(t, [
      {
        when: { path: '/v2/snaps/refresh', headers: { 'snap-device-architecture': 'amd64' } },
        // In another order, and with a name that says nothing about the key.
        then: answer(result('download-2', 'k8s'), result('download-1', 'go')),
      },
      {
        when: { path: '/v2/snaps/refresh', headers: { 'snap-device-architecture': 'arm64' } },
        then: answer(result('download-1', 'go', { snap: { architectures: ['arm64'], revision: 3 } })),
      },
    ]);
    const store = createSnapStore({ http: testHttp(t), baseUrl: `${server.url}/` });
    const releases = await store.resolve([GO, { ...GO, arch: 'arm64' }, { ...GO, name: 'k8s' }]);
    assert.deepEqual(
      releases.map(({ name, arch, revision }) => [name, arch, revision]),
      [
        ['go', 'amd64', 10660],
        ['go', 'arm64', 3],
        ['k8s', 'amd64', 10660],
      ],
    );
    assert.equal(server.requests.length, 2);
  });

  it('asks nothing when nothing is wanted', async (t) => {
    const { store, server } = await storeWith(t, answer());
    assert.deepEqual(await store.resolve([]), []);
    assert.equal(server.requests.length, 0);
  });

  const bases: [string, unknown, string, string][] = [
    ['an app without a base', null, 'app', 'core'],
    ['an app with an empty base', '', 'app', 'core'],
    ['core', null, 'os', ''],
    ['a base', null, 'base', ''],
    ['snapd', null, 'snapd', ''],
    ['a kernel', null, 'kernel', ''],
    ['a gadget of core22', 'core22', 'gadget', 'core22'],
  ];
  for (const [what, base, type, expected] of bases) {
    it(`gives ${what} the base "${expected}"`, async (t) => {
      const { store } = await storeWith(t, answer(result('download-1', 'go', { snap: { base, type } })));
      assert.equal((await store.resolve([GO]))[0]?.base, expected);
    });
  }

  const channels: [string, string, string, string][] = [
    ['the channel asked for, in full', 'stable', '', 'latest/stable'],
    ['the track that the store redirected to', 'latest/stable', '1.32-classic/stable', '1.32-classic/stable'],
    ['a branch', 'edge/fix-1', '', 'latest/edge/fix-1'],
  ];
  for (const [what, channel, redirect, expected] of channels) {
    it(`tells ${what}`, async (t) => {
      const { store } = await storeWith(t, answer(result('download-1', 'go', { 'redirect-channel': redirect })));
      assert.equal((await store.resolve([{ ...GO, channel }]))[0]?.channel, expected);
    });
  }

  it('tells the channel that the store chose when none was asked for', async (t) => {
    const { channel: _, ...wanted } = GO;
    for (const [effective, redirect, expected] of [
      ['stable', undefined, 'latest/stable'],
      ['1.32/stable', '1.32/stable', '1.32/stable'],
      ['5.0/candidate', '', '5.0/candidate'],
    ]) {
      const { store } = await storeWith(t, answer(result('download-1', 'go', { 'effective-channel': effective, 'redirect-channel': redirect })));
      assert.equal((await store.resolve([wanted]))[0]?.channel, expected);
    }
  });

  it('writes production addresses without query, whichever server answered', async (t) => {
    const server = await scriptedServer(t, [
      {
        when: { path: '/mirror/v2/snaps/refresh' },
        then: () =>
          answer(
            result('download-1', 'go', {
              snap: { download: { url: `${server.url}/mirror/api/v1/snaps/download/x.snap?token=secret`, size: 1, 'sha3-384': HEX } },
            }),
          ),
      },
    ]);
    const store = createSnapStore({ http: testHttp(t), baseUrl: `${server.url}/mirror/` });
    assert.equal((await store.resolve([GO]))[0]?.download.source, 'https://api.snapcraft.io/api/v1/snaps/download/x.snap');
  });

  it('reads an answer in gzip', async (t) => {
    const { body = '' } = answer(result('download-1', 'go'));
    const { store } = await storeWith(t, { headers: { 'content-encoding': 'gzip' }, body: gzipSync(body) });
    assert.equal((await store.resolve([GO]))[0]?.revision, 10660);
  });

  it('asks again when the answer breaks off', async (t) => {
    const server = await scriptedServer(t, [
      { when: { path: '/v2/snaps/refresh' }, then: { ...answer(result('download-1', 'go')), cutAfter: 50 }, times: 1 },
      { when: { path: '/v2/snaps/refresh' }, then: { status: 503 }, times: 1 },
      { when: { path: '/v2/snaps/refresh' }, then: answer(result('download-1', 'go')) },
    ]);
    const [release] = await createSnapStore({ http: testHttp(t), baseUrl: server.url }).resolve([GO]);
    assert.equal(release?.revision, 10660);
    assert.equal(server.requests.length, 3);
  });

  it('reads a real answer', { skip: withoutData('assertions/store-v2-snaps-refresh-install-go.json') }, async (t) => {
    const real = (upstreamData('assertions/store-v2-snaps-refresh-install-go.json')?.toString() ?? '').replace('install-1', 'download-1');
    const { store } = await storeWith(t, { body: real });
    const [release] = await store.resolve([GO]);
    assert.equal(release?.download.digest.hex, HEX);
    assert.equal(release.channel, 'latest/stable');
    assert.match(release.snapYaml, /^name: go\nversion: 1\.22\.5\n/);
  });
});
