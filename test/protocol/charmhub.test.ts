/** Charms on Charmhub: questions as they are sent, answers as they are decoded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCharmhub } from '#src/clients/charmhub.js';
import { readBytes } from '#src/clients/read-body.js';
import { failure } from '../support/failure.ts';
import { testHttp } from '../support/http-client.ts';
import { type Rule, scriptedServer } from '../support/scripted-server.ts';
import { CORE, ID, SHA, DIGEST, ETCD, ROW, charmOf, success, refusal, actionsOf, refreshRule, infoRule, CHANNEL_MAP, INFO, start } from './charmhub-fixture.ts';

test('asks with the known-good anonymous request', async (t) => {
  const { server, charmhub } = await start(t, [refreshRule((action) => success(action, charmOf('etcd')))]);
  await charmhub.resolve([ETCD]);
  const [request] = server.requests;
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.equal(request?.headers.accept, 'application/json');
  assert.deepEqual(JSON.parse(request?.body.toString() ?? ''), {
    context: [],
    actions: [
      {
        action: 'install',
        'instance-key': '0/etcd/amd64/22.04',
        name: 'etcd',
        channel: '1.26/stable',
        base: { name: 'ubuntu', channel: '22.04', architecture: 'amd64' },
      },
    ],
    fields: ['bases', 'config-yaml', 'download', 'id', 'metadata-yaml', 'name', 'resources', 'revision', 'type', 'version'],
  });
});

test('decodes a release with its resources; sources are production addresses without query', async (t) => {
  const { charmhub } = await start(t, [refreshRule((action) => success(action, charmOf('etcd')))]);
  assert.deepEqual(await charmhub.resolve([ETCD]), [
    {
      name: 'etcd',
      id: ID,
      revision: 718,
      version: '718',
      channel: '1.26/stable',
      bases: [ROW],
      download: { source: `https://api.charmhub.io/api/v1/charms/download/${ID}_718.charm`, size: 1, digest: DIGEST },
      resources: [
        {
          name: 'core',
          type: 'file',
          filename: 'core.snap',
          revision: 0,
          download: { source: `https://api.charmhub.io/api/v1/resources/download/charm_${ID}.core_0`, size: 0, digest: DIGEST },
        },
      ],
      metadataYaml: 'name: etcd\n',
      configYaml: 'options: {}\n',
    },
  ]);
});

test('many charms are asked for in chunks of twenty and come back in order, whatever the order of the answer', async (t) => {
  const { server, charmhub } = await start(t, [refreshRule((action) => success(action, charmOf(action.name)))]);
  const names = Array.from({ length: 45 }, (_, index) => `charm-x${index}`);
  const found = await charmhub.resolve(names.map((name) => ({ ...ETCD, name })));
  assert.deepEqual(
    found.map(({ name }) => name),
    names,
  );
  assert.deepEqual(
    server.requests.map((request) => actionsOf(request).length),
    [20, 20, 5],
  );
  for (const request of server.requests) assert.equal(new Set(actionsOf(request).map((action) => action['instance-key'])).size, actionsOf(request).length);
});

test('a pinned revision has the resources of its channel', async (t) => {
  const { server, charmhub } = await start(t, [
    refreshRule((action) =>
      action.revision === undefined
        ? success(action, charmOf('etcd', 720))
        : success(action, charmOf('etcd', action.revision, { resources: [] }), { 'effective-channel': undefined }),
    ),
  ]);
  const [release] = await charmhub.resolve([{ ...ETCD, revision: 700 }]);
  assert.deepEqual([release?.revision, release?.channel, release?.resources.map(({ name }) => name)], [700, '1.26/stable', ['core']]);
  assert.match(release?.download.source ?? '', /_700\.charm$/);
  const [, byRevision] = actionsOf(server.requests[0] ?? assert.fail());
  assert.deepEqual([byRevision?.revision, byRevision?.base, byRevision !== undefined && 'channel' in byRevision], [700, null, false]);
});

test('a revision that does not exist, or may not be fetched, names the one on the channel', async (t) => {
  for (const code of ['revision-not-found', 'access-by-revision-not-allowed']) {
    const { charmhub } = await start(t, [refreshRule((action) => (action.revision === undefined ? success(action, charmOf('etcd')) : refusal(action, code)))]);
    const facts = await failure(charmhub.resolve([{ ...ETCD, revision: 7 }]), 'UPSTREAM_NOT_FOUND');
    assert.deepEqual([facts.name, facts.exists], ['etcd revision 7', ['revision 718 on 1.26/stable']]);
  }
});

test('without channel the default release of the charm is taken', async (t) => {
  const { server, charmhub } = await start(t, [
    infoRule('vault', { type: 'charm', id: ID, name: 'vault', 'default-release': { channel: { name: 'stable' }, revision: {} } }),
    refreshRule((action) => success(action, charmOf('vault'))),
  ]);
  const { channel: _, ...rest } = ETCD;
  const [a, b] = await charmhub.resolve([
    { ...rest, name: 'vault' },
    { ...rest, name: 'vault', arch: 'arm64' },
  ]);
  assert.deepEqual([a?.channel, b?.channel], ['latest/stable', 'latest/stable']);
  assert.equal(server.requests.length, 2, 'info once, refresh once');
});

test('texts that refresh leaves out come from info, if it speaks of the same revision', async (t) => {
  const without = { 'metadata-yaml': undefined, 'config-yaml': undefined };
  const { charmhub } = await start(t, [
    refreshRule((action) => success(action, charmOf('etcd', action.channel === '1.26/stable' ? 718 : 719, without))),
    infoRule('etcd', INFO, '1.26/stable'),
    infoRule('etcd', INFO, '1.27/stable'),
  ]);
  const [same, other] = await charmhub.resolve([ETCD, { ...ETCD, channel: '1.27/stable' }]);
  assert.deepEqual([same?.metadataYaml, same?.configYaml], ['name: from-info\n', '']);
  assert.equal(other?.metadataYaml, '');
});

test('a Charmhub without refresh is asked by info', async (t) => {
  for (const disabled of [
    { status: 404, body: '<html>' },
    { body: JSON.stringify({ 'error-list': [{ code: 'endpoint-disabled', message: 'no' }], results: null }) },
  ]) {
    const { charmhub } = await start(t, [
      { when: { method: 'POST', path: '/v2/charms/refresh' }, then: disabled },
      infoRule('etcd', INFO, '1.26/stable'),
      infoRule('etcd', { 'channel-map': CHANNEL_MAP }),
    ]);
    const [release] = await charmhub.resolve([ETCD]);
    assert.deepEqual([release?.revision, release?.channel, release?.resources.length, release?.metadataYaml], [718, '1.26/stable', 1, 'name: from-info\n']);
    const facts = await failure(charmhub.resolve([{ ...ETCD, arch: 's390x' }]), 'UPSTREAM_NOT_FOUND');
    assert.equal(facts.name, 'etcd 1.26/stable for s390x');
    assert.deepEqual((await failure(charmhub.resolve([{ ...ETCD, revision: 3 }]), 'UPSTREAM_NOT_FOUND')).exists, ['revision 718']);
  }
});

test('a mirror below a path is asked where production was named, and never shows in a plan', async (t) => {
  const server = await scriptedServer(t, [
    {
      when: { path: '/hub/v2/charms/refresh', headers: { authorization: /^Basic / } },
      then: (request) => ({
        body: JSON.stringify({
          results: actionsOf(request).map((action) =>
            success(action, charmOf('etcd', 5, { download: { url: `${server.url}/hub/api/v1/charms/download/x_5.charm?t=1`, size: 3, 'hash-sha-256': SHA } })),
          ),
        }),
      }),
    },
    { when: { path: '/hub/api/v1/charms/download/x_5.charm', headers: { range: undefined, authorization: /^Basic / } }, then: { body: 'abc' } },
    { when: { path: '/hub/api/v1/charms/download/x_5.charm', headers: { range: 'bytes=1-' } }, then: { status: 206, body: 'bc' } },
  ]);
  const charmhub = createCharmhub({ http: testHttp(t), baseUrl: `${server.url.replace('//', '//me:pw@')}/hub/` });
  const [release] = await charmhub.resolve([ETCD]);
  const source = release?.download.source ?? '';
  assert.equal(source, 'https://api.charmhub.io/api/v1/charms/download/x_5.charm');
  const { signal } = new AbortController();
  assert.equal((await readBytes(await charmhub.open(source, { offset: 0, signal }), 10)).toString(), 'abc');
  assert.equal((await readBytes(await charmhub.open(source, { offset: 1, signal }), 10)).toString(), 'bc');
});

test('refuses an address that is none', () => {
  assert.throws(() => createCharmhub({ http: { send: () => assert.fail() }, baseUrl: 'charmhub' }), /INPUT_MALFORMED/);
});

test('lists the revisions of a resource, in whatever order they come', async (t) => {
  const older = { ...CORE, revision: 3, download: { ...CORE.download, url: `https://api.charmhub.io/api/v1/resources/download/charm_${ID}.core_3` } };
  const rules: Rule[] = [
    { when: { method: 'GET', path: '/v2/charms/resources/etcd/core/revisions' }, then: () => ({ body: JSON.stringify({ revisions: [CORE, older] }) }) },
    { when: { method: 'GET', path: '/v2/charms/resources/etcd/other/revisions' }, then: () => ({ body: JSON.stringify({ revisions: [CORE] }) }) },
    {
      when: { method: 'GET', path: '/v2/charms/resources/etcd/none/revisions' },
      then: () => ({ status: 404, body: JSON.stringify({ 'error-list': [{ code: 'resource-not-found', message: 'no' }] }) }),
    },
  ];
  const { charmhub } = await start(t, rules);
  const found = await charmhub.resourceRevisions('etcd', 'core');
  assert.deepEqual(
    found.map(({ name, revision, download }) => [name, revision, download.source]),
    [
      ['core', 0, `https://api.charmhub.io/api/v1/resources/download/charm_${ID}.core_0`],
      ['core', 3, `https://api.charmhub.io/api/v1/resources/download/charm_${ID}.core_3`],
    ],
  );
  await failure(charmhub.resourceRevisions('etcd', 'none'), 'UPSTREAM_NOT_FOUND');
  await failure(charmhub.resourceRevisions('etcd', 'other'), 'UPSTREAM_ANSWER');
});
