/** Bundles on Charmhub: found, downloaded, verified, and told apart from charms. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type Charmhub, createCharmhub } from '#src/clients/charmhub.js';
import { failure } from '../support/failure.ts';
import { testHttp } from '../support/http-client.ts';
import { type Rule, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { zip } from '../support/zip.ts';

const ID = 'B'.repeat(32);
const TEXT = 'applications: {}  # kept as it is\n\r\n';
const FILE = zip([
  { name: 'README.md', bytes: '# hello\n' },
  { name: 'bundle.yaml', bytes: TEXT },
]);
const SHA = createHash('sha256').update(FILE).digest('hex');
const DOWNLOAD = { url: `https://api.charmhub.io/api/v1/charms/download/${ID}_9.bundle`, size: FILE.length, 'hash-sha-256': SHA };
const REFRESH = { method: 'POST', path: '/v2/charms/refresh' };

const refresh = (charm: object, more: object = {}): Rule => ({
  when: REFRESH,
  then: (request) => {
    const { actions } = JSON.parse(request.body.toString()) as { actions: { 'instance-key': string; channel: string }[] };
    const results = actions.map((action) => ({
      'instance-key': action['instance-key'],
      result: 'install',
      'effective-channel': action.channel,
      error: null,
      charm: { type: 'bundle', id: ID, name: 'charmed-kubernetes', revision: 9, bases: [], download: DOWNLOAD, ...charm },
      ...more,
    }));
    return { body: JSON.stringify({ results, 'error-list': [] }) };
  },
});

const download = (body: Buffer | string = FILE): Rule => ({ when: { path: `/api/v1/charms/download/${ID}_9.bundle` }, then: { body } });

const info = (body: object, query = /./): Rule => ({
  when: { path: new RegExp(`^/v2/charms/info/charmed-kubernetes\\?.*${query.source}`) },
  then: { body: JSON.stringify(body) },
});

const INFO = {
  type: 'bundle',
  id: ID,
  name: 'charmed-kubernetes',
  'default-release': { channel: { name: '1.26/stable' }, revision: { revision: 9, 'bundle-yaml': 'from: info\n' } },
  'channel-map': [{ channel: { name: '1.26/stable', base: { name: 'all', channel: 'all', architecture: 'all' } } }],
};

async function start(t: TestContext, rules: readonly Rule[]): Promise<{ server: ScriptedServer; charmhub: Charmhub }> {
  const server = await scriptedServer(t, rules);
  return { server, charmhub: createCharmhub({ http: testHttp(t), baseUrl: server.url }) };
}

test('gives the text of bundle.yaml byte for byte', async (t) => {
  const { charmhub } = await start(t, [refresh({}), download()]);
  assert.deepEqual(await charmhub.bundle('charmed-kubernetes', '1.26/stable'), {
    name: 'charmed-kubernetes',
    id: ID,
    revision: 9,
    channel: '1.26/stable',
    text: TEXT,
  });
});

test('without channel takes the default release', async (t) => {
  const { server, charmhub } = await start(t, [info(INFO), refresh({}), download()]);
  assert.equal((await charmhub.bundle('charmed-kubernetes')).channel, '1.26/stable');
  assert.match(server.requests[1]?.body.toString() ?? '', /"channel":"1.26\/stable","base":\{"name":"ubuntu","channel":"22.04","architecture":"amd64"\}/);
});

test('the name of a charm is told apart', async (t) => {
  const { charmhub } = await start(t, [refresh({ type: 'charm' }), info({ ...INFO, type: 'charm' })]);
  assert.match((await failure(charmhub.bundle('charmed-kubernetes', '1.26/stable'), 'UPSTREAM_NOT_FOUND')).name, /which is a charm/);
  assert.match((await failure(charmhub.bundle('charmed-kubernetes'), 'UPSTREAM_NOT_FOUND')).name, /which is a charm/);
});

test('an unknown channel names those that exist', async (t) => {
  const { charmhub } = await start(t, [refresh({}, { error: { code: 'revision-not-found', message: 'no' }, charm: null }), info(INFO)]);
  const facts = await failure(charmhub.bundle('charmed-kubernetes', '9.99/stable'), 'UPSTREAM_NOT_FOUND');
  assert.deepEqual([facts.what, facts.name, facts.exists], ['bundle', 'charmed-kubernetes 9.99/stable', ['1.26/stable']]);
});

test('an unknown name exists nowhere', async (t) => {
  const { charmhub } = await start(t, [
    refresh({}, { error: { code: 'name-not-found', message: 'no' }, charm: null }),
    { when: { path: /^\/v2\/charms\/info\// }, then: { status: 404, body: '{"error-list":[{"code":"not-found","message":"no"}]}' } },
  ]);
  assert.deepEqual((await failure(charmhub.bundle('nix', 'stable'), 'UPSTREAM_NOT_FOUND')).exists, []);
  assert.deepEqual((await failure(charmhub.bundle('nix'), 'UPSTREAM_NOT_FOUND')).name, 'nix');
});

test('wrong bytes are refused', async (t) => {
  const other = Buffer.from(FILE);
  other[other.length - 1] = 1;
  const { charmhub } = await start(t, [refresh({}), download(other)]);
  assert.equal((await failure(charmhub.bundle('charmed-kubernetes', '1.26/stable'), 'INTEGRITY_MISMATCH')).field, 'sha256');
  const short = await start(t, [refresh({}), download('x')]);
  assert.equal((await failure(short.charmhub.bundle('charmed-kubernetes', '1.26/stable'), 'INTEGRITY_MISMATCH')).field, 'size');
});

test('a zip without bundle.yaml is refused', async (t) => {
  const empty = zip([{ name: 'README.md' }]);
  const sha = createHash('sha256').update(empty).digest('hex');
  const { charmhub } = await start(t, [refresh({ download: { ...DOWNLOAD, size: empty.length, 'hash-sha-256': sha } }), download(empty)]);
  assert.equal((await failure(charmhub.bundle('charmed-kubernetes', '1.26/stable'), 'INTEGRITY_MISMATCH')).wanted, 'bundle.yaml');
});

test('where the file or refresh is not there, info has the text', async (t) => {
  const absent = await start(t, [refresh({}), { when: { path: /^\/api\// }, then: { status: 404 } }, info(INFO, /channel=1.26%2Fstable/)]);
  assert.equal((await absent.charmhub.bundle('charmed-kubernetes', '1.26/stable')).text, 'from: info\n');
  const disabled = await start(t, [{ when: REFRESH, then: { status: 404 } }, info(INFO, /channel=1.26%2Fstable/)]);
  assert.deepEqual(await disabled.charmhub.bundle('charmed-kubernetes', '1.26/stable'), {
    name: 'charmed-kubernetes',
    id: ID,
    revision: 9,
    channel: '1.26/stable',
    text: 'from: info\n',
  });
});
