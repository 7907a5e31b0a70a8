/** What Charmhub refuses: repaired once where that is possible, else told with what exists; and answers that are refused by us. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure } from '../support/failure.ts';
import { ID, SHA, ETCD, ROW, CORE, charmOf, success, refusal, actionsOf, refreshRule, infoRule, CHANNEL_MAP, start } from './charmhub-fixture.ts';

test('a base that the charm has not is repaired once with one that it offers', async (t) => {
  for (const code of ['invalid-charm-base', 'invalid-charm-platform', 'missing-charm-base']) {
    const bases = [
      { name: 'ubuntu', channel: '20.04', architecture: 's390x' },
      { name: 'ubuntu', channel: '20.04', architecture: 'amd64' },
    ];
    const { server, charmhub } = await start(t, [
      refreshRule((action) => refusal(action, code, { 'default-bases': bases }), 1),
      refreshRule((action) => success(action, charmOf('etcd'))),
    ]);
    await charmhub.resolve([ETCD]);
    assert.deepEqual(actionsOf(server.requests[1] ?? assert.fail())[0]?.base, { name: 'ubuntu', channel: '20.04', architecture: 'amd64' });
  }
});

test('a base for all is never sent: NA stands for it', async (t) => {
  const all = { name: 'all', channel: 'all', architecture: 'all' };
  const { server, charmhub } = await start(t, [
    refreshRule((action) => refusal(action, 'invalid-charm-base', { 'default-bases': [all] }), 1),
    refreshRule((action) => success(action, charmOf('etcd'))),
  ]);
  await charmhub.resolve([ETCD]);
  assert.deepEqual(actionsOf(server.requests[1] ?? assert.fail())[0]?.base, { name: 'NA', channel: 'NA', architecture: 'amd64' });
});

test('revision-not-found is repaired with a base of the same channel, only the failed ones being asked for again', async (t) => {
  const releases = [
    { channel: '1.27/stable', base: { ...ROW, channel: '18.04' } },
    { channel: '1.26/stable', base: { ...ROW, channel: '20.04/stable' } },
  ];
  const { server, charmhub } = await start(t, [
    refreshRule((action) => (action.name === 'etcd' ? refusal(action, 'revision-not-found', { releases }) : success(action, charmOf(action.name))), 1),
    refreshRule((action) => success(action, charmOf(action.name, 1))),
  ]);
  const found = await charmhub.resolve([{ ...ETCD, name: 'easyrsa' }, ETCD]);
  assert.deepEqual(
    found.map(({ name, revision }) => [name, revision]),
    [
      ['easyrsa', 718],
      ['etcd', 1],
    ],
  );
  assert.deepEqual(
    actionsOf(server.requests[1] ?? assert.fail()).map(({ name, base }) => [name, base?.channel]),
    [['etcd', '20.04']],
  );
});

test('a channel that does not exist is UPSTREAM_NOT_FOUND with what exists', async (t) => {
  const releases = [
    { channel: '1.25/stable', base: ROW },
    { channel: '1.26/stable', base: { ...ROW, architecture: 'arm64' } },
  ];
  const { server, charmhub } = await start(t, [refreshRule((action) => refusal(action, 'revision-not-found', { releases }))]);
  const facts = await failure(charmhub.resolve([ETCD]), 'UPSTREAM_NOT_FOUND');
  assert.deepEqual(facts, {
    what: 'charm',
    name: 'etcd 1.26/stable for ubuntu@22.04 amd64',
    where: `Charmhub (127.0.0.1:${server.port})`,
    exists: ['1.25/stable (ubuntu@22.04 amd64)', '1.26/stable (ubuntu@22.04 arm64)'],
  });
  assert.equal(server.requests.length, 1, 'no base offered: no second try');
});

test('where the refusal names no releases, the channel map does', async (t) => {
  const { charmhub } = await start(t, [
    refreshRule((action) => refusal(action, 'channel-not-found')),
    infoRule('etcd', { type: 'charm', id: ID, name: 'etcd', 'channel-map': CHANNEL_MAP }),
  ]);
  const facts = await failure(charmhub.resolve([ETCD]), 'UPSTREAM_NOT_FOUND');
  assert.deepEqual(facts.exists, ['1.26/stable (ubuntu@22.04 amd64)', '1.27/edge', 'latest/stable']);
});

test('an unknown name exists nowhere', async (t) => {
  const { charmhub } = await start(t, [refreshRule((action) => refusal(action, 'name-not-found'))]);
  assert.deepEqual((await failure(charmhub.resolve([ETCD]), 'UPSTREAM_NOT_FOUND')).exists, []);
});

test('a bundle where a charm is wanted says so', async (t) => {
  const { charmhub } = await start(t, [refreshRule((action) => success(action, charmOf('etcd', 1, { type: 'bundle' })))]);
  assert.match((await failure(charmhub.resolve([ETCD]), 'UPSTREAM_NOT_FOUND')).name, /etcd, which is a bundle/);
});

const WRONG: readonly (readonly [string, object, string, string])[] = [
  ['a digest of the wrong length', { download: { url: 'https://x/', size: 1, 'hash-sha-256': 'abc' } }, 'results[0].charm.download.hash-sha-256', '"abc"'],
  ['a size that is no number', { download: { url: 'https://x/', size: '1', 'hash-sha-256': SHA } }, 'results[0].charm.download.size', '"1"'],
  ['a file address', { download: { url: 'file:///etc/passwd', size: 1, 'hash-sha-256': SHA } }, 'results[0].charm.download.url', '"file:///etc/passwd"'],
  ['another name', { name: 'other' }, 'results[0].charm.name', '"other"'],
  ['a name that is a path', { name: '../etcd' }, 'results[0].charm.name', '"../etcd"'],
  ['no revision', { revision: undefined }, 'results[0].charm.revision', 'nothing'],
  ['a resource file name with a directory', { resources: [{ ...CORE, filename: '../x' }] }, 'results[0].charm.resources[0].filename', '"../x"'],
  ['a resource name that is a path', { resources: [{ ...CORE, name: '../x' }] }, 'results[0].charm.resources[0].name', '"../x"'],
  ['an unknown type of resource', { resources: [{ ...CORE, type: 'blob' }] }, 'results[0].charm.resources[0].type', '"blob"'],
];

for (const [what, more, path, found] of WRONG) {
  test(`refuses an answer with ${what}, naming the place`, async (t) => {
    const { server, charmhub } = await start(t, [refreshRule((action) => success(action, charmOf('etcd', 1, more)))]);
    const facts = await failure(charmhub.resolve([ETCD]), 'UPSTREAM_ANSWER');
    assert.deepEqual([facts.url, facts.path, facts.found], [`${server.url}/v2/charms/refresh`, path, found]);
  });
}

test('a result that is missing, an unknown refusal and a refused question are told', async (t) => {
  const missing = await start(t, [{ when: { path: '/v2/charms/refresh' }, then: { body: '{"error-list":[],"results":[]}' } }]);
  assert.equal((await failure(missing.charmhub.resolve([ETCD]), 'UPSTREAM_ANSWER')).wanted, 'a result for 0/etcd/amd64/22.04');
  const unknown = await start(t, [refreshRule((action) => refusal(action, 'payment-required'))]);
  assert.equal((await failure(unknown.charmhub.resolve([ETCD]), 'UPSTREAM_ANSWER')).found, 'payment-required: payment-required!');
  const refused = await start(t, [
    { when: { path: '/v2/charms/refresh' }, then: { status: 400, body: '{"error-list":[{"code":"missing-context","message":"so"}]}' } },
  ]);
  assert.equal((await failure(refused.charmhub.resolve([ETCD]), 'UPSTREAM_ANSWER')).found, 'missing-context: so');
  const denied = await start(t, [{ when: { path: '/v2/charms/refresh' }, then: { status: 403, body: 'go away' } }]);
  assert.equal((await failure(denied.charmhub.resolve([ETCD]), 'NETWORK_DENIED')).detail, 'go away');
});

test('an answer that is cut off is asked for again', async (t) => {
  const { charmhub } = await start(t, [
    { when: { path: '/v2/charms/refresh' }, then: { body: '{"results":[]}', cutAfter: 4 }, times: 2 },
    refreshRule((action) => success(action, charmOf('etcd'))),
  ]);
  assert.equal((await charmhub.resolve([ETCD])).length, 1);
});
