/** Charmhub's refresh against the literal examples of the fact sheet (charmhub-juju 1.3, 1.5), over real sockets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUNDLE_ID, CONTROL_ID, ETCD_CHARM, ETCD_ID, ETCD_METADATA, NEWER_ETCD_CHARM, charmFiles } from './serve-charm-files.ts';
import { CREATED, postJson, serve, serveFiles, sha256, sha384, writeTree } from './serve-fixture.ts';

const JAMMY = { name: 'ubuntu', channel: '22.04', architecture: 'amd64' };
const ALL_JAMMY = { name: 'ubuntu', channel: '22.04', architecture: 'all' };
const install = (name: string, more: object): object => ({ action: 'install', 'instance-key': `${name}-1`, name, base: JAMMY, ...more });
const refresh = async (url: string, action: object, fields: readonly string[] = ['revision']): Promise<Record<string, unknown>> => {
  const { body } = await postJson(`${url}/v2/charms/refresh`, { context: [], actions: [action], fields });
  const [result] = (body as { results: Record<string, unknown>[] }).results;
  assert.ok(result);
  return result;
};
const errorOf = (result: Record<string, unknown>): { code: string; extra?: unknown } => {
  assert.equal(result['result'], 'error');
  assert.equal(result['charm'], null);
  return result['error'] as { code: string; extra?: unknown };
};

describe('POST /v2/charms/refresh', () => {
  it('answers the known-good anonymous request as the sheet has it', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { status, body } = await postJson(`${url}/v2/charms/refresh`, {
      context: [],
      actions: [{ action: 'install', 'instance-key': 'etcd/amd64/22.04', name: 'etcd', channel: '1.26/stable', base: JAMMY }],
      fields: ['bases', 'config-yaml', 'download', 'id', 'metadata-yaml', 'name', 'revision', 'type', 'version'],
    });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      'error-list': [],
      results: [
        {
          'instance-key': 'etcd/amd64/22.04',
          result: 'install',
          id: ETCD_ID,
          name: 'etcd',
          'effective-channel': '1.26/stable',
          'released-at': CREATED,
          error: null,
          charm: {
            type: 'charm',
            id: ETCD_ID,
            name: 'etcd',
            revision: 718,
            version: '718',
            bases: [ALL_JAMMY],
            download: {
              url: `${url}/api/v1/charms/download/${ETCD_ID}_718.charm`,
              size: ETCD_CHARM.length,
              'hash-sha-256': sha256(ETCD_CHARM),
              'hash-sha-384': sha384(ETCD_CHARM),
            },
            'metadata-yaml': ETCD_METADATA,
            'config-yaml': 'options:\n  channel: {type: string, default: auto}\n',
          },
        },
      ],
    });
  });

  it('chooses the revision made for the architecture', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    for (const [architecture, revision] of [
      ['amd64', 301],
      ['arm64', 302],
    ] as const) {
      const result = await refresh(url, install('kubernetes-control-plane', { channel: '1.29/stable', base: { ...JAMMY, architecture } }));
      assert.deepEqual(result['charm'], { revision });
    }
  });

  it('has no revision for another base or architecture, and says where there is one', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const releases = [
      { base: { ...JAMMY, architecture: 'amd64' }, channel: '1.29/stable' },
      { base: { ...JAMMY, architecture: 'arm64' }, channel: '1.29/stable' },
    ];
    for (const base of [
      { ...JAMMY, architecture: 's390x' },
      { ...JAMMY, channel: '20.04' },
    ]) {
      const { code, extra } = errorOf(await refresh(url, install('kubernetes-control-plane', { channel: '1.29/stable', base })));
      assert.deepEqual([code, extra], ['revision-not-found', { releases }]);
    }
    const { code } = errorOf(await refresh(url, install('kubernetes-control-plane', { channel: '1.30/stable' })));
    assert.equal(code, 'revision-not-found');
  });

  it('answers base NA and base null with the bases that would do', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const unknown = errorOf(await refresh(url, install('etcd', { channel: '1.26/stable', base: { name: 'NA', channel: 'NA', architecture: 'amd64' } })));
    assert.deepEqual([unknown.code, unknown.extra], ['invalid-charm-base', { 'default-bases': [ALL_JAMMY] }]);
    const none = errorOf(await refresh(url, install('etcd', { channel: '1.26/stable', base: null })));
    assert.deepEqual([none.code, none.extra], ['missing-charm-base', { 'default-bases': [ALL_JAMMY] }]);
  });

  it('takes the default release without a channel, and a closed risk follows the safer one', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    assert.equal((await refresh(url, install('etcd', {})))['effective-channel'], '1.27/candidate');
    assert.equal((await refresh(url, install('etcd', { channel: '1.26/edge' })))['effective-channel'], '1.26/stable');
    assert.equal(errorOf(await refresh(url, install('etcd', { channel: '1.27/stable' }))).code, 'revision-not-found');
  });

  it('gives resources by channel, none by revision unless their revisions are asked for', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const fields = ['resources', 'revision'];
    const names = (result: Record<string, unknown>): unknown =>
      (result['charm'] as { resources: { name: string; revision: number }[] }).resources.map(({ name, revision }) => [name, revision]);
    assert.deepEqual(names(await refresh(url, install('etcd', { channel: '1.26/stable' }), fields)), [
      ['core', 0],
      ['image', 4],
    ]);
    const byRevision = await refresh(url, install('etcd', { revision: 718, base: null }), fields);
    assert.deepEqual([names(byRevision), byRevision['effective-channel']], [[], undefined]);
    const pinned = { revision: 718, base: null, 'resource-revisions': [{ name: 'image', revision: 4 }] };
    assert.deepEqual(names(await refresh(url, install('etcd', pinned), fields)), [['image', 4]]);
    const missing = { channel: '1.26/stable', 'resource-revisions': [{ name: 'image', revision: 5 }] };
    assert.equal(errorOf(await refresh(url, install('etcd', missing), fields)).code, 'resource-not-found');
  });

  it('keeps one bad action from spoiling the others', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const actions = [
      { ...install('nope', { channel: '1.26/stable' }), 'instance-key': 'a' },
      { ...install('etcd', { revision: 1, base: null }), 'instance-key': 'b' },
      { ...install('charmed-kubernetes', { channel: '1.26/stable' }), 'instance-key': 'c' },
      { action: 'refresh', 'instance-key': 'd', id: BUNDLE_ID, channel: '1.26/stable', base: JAMMY },
      { action: 'download', 'instance-key': 'e', id: 'nope', channel: '1.26/stable', base: JAMMY },
    ];
    const { status, body } = await postJson(`${url}/v2/charms/refresh`, { context: [], actions, fields: ['type'] });
    const results = (body as { results: { 'instance-key': string; result: string; error: { code: string } | null; charm: unknown }[] }).results;
    assert.equal(status, 200);
    assert.deepEqual(
      results.map((result) => [result['instance-key'], result.result, result.error?.code ?? result.charm]),
      [
        ['a', 'error', 'name-not-found'],
        ['b', 'error', 'revision-not-found'],
        ['c', 'install', { type: 'bundle' }],
        ['d', 'error', 'refresh-bundle-not-supported'],
        ['e', 'error', 'id-not-found'],
      ],
    );
  });

  it('refreshes an installed charm on the channel that it tracks', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { body } = await postJson(`${url}/v2/charms/refresh`, {
      context: [{ 'instance-key': 'x', id: CONTROL_ID, revision: 200, base: { ...JAMMY, architecture: 'arm64' }, 'tracking-channel': '1.29/stable' }],
      actions: [{ action: 'refresh', 'instance-key': 'x', id: CONTROL_ID }],
      fields: ['revision'],
    });
    const [result] = (body as { results: { result: string; charm: unknown }[] }).results;
    assert.deepEqual([result?.result, result?.charm], ['refresh', { revision: 302 }]);
  });

  it('refuses requests that the API refuses', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const code = async (body: unknown): Promise<unknown> => {
      const answer = await postJson(`${url}/v2/charms/refresh`, body);
      return [answer.status, (answer.body as { 'error-list': { code: string }[] })['error-list'][0]?.code];
    };
    const action = install('etcd', { channel: '1.26/stable' });
    assert.deepEqual(await code({ actions: [action] }), [400, 'missing-context']);
    assert.deepEqual(await code({ context: [], actions: [action, action] }), [400, 'instance-key-not-unique']);
    assert.deepEqual(await code({ context: [], actions: [{ action: 'install', name: 'etcd' }] }), [400, 'missing-instance-key']);
    assert.deepEqual(await code('nonsense'), [400, 'api-error']);
    const both = await refresh(url, install('etcd', { channel: '1.26/stable', revision: 718 }));
    assert.equal(errorOf(both).code, 'api-error');
    const without = await refresh(url, { action: 'install', 'instance-key': 'k', name: 'etcd', channel: '1.26/stable' });
    assert.equal(errorOf(without).code, 'missing-key');
  });
});

describe('several directories', () => {
  it('lets the first win for one channel and adds what only the second has', async (t) => {
    const first = await writeTree(t, charmFiles());
    const files = charmFiles();
    const text = String(files['manifest.json'])
      .replaceAll('"revision":740', '"revision":741')
      .replaceAll('1.29/stable', '1.28/stable')
      .replaceAll('etcd_r740', 'etcd_r741');
    const second = await writeTree(t, { ...files, 'manifest.json': text, 'charms/etcd_r741.charm': NEWER_ETCD_CHARM });
    const { url } = await serve(t, [first, second]);
    assert.deepEqual((await refresh(url, install('etcd', { channel: '1.27/candidate' })))['charm'], { revision: 740 });
    assert.deepEqual((await refresh(url, install('kubernetes-control-plane', { channel: '1.28/stable' })))['charm'], { revision: 301 });
  });
});
