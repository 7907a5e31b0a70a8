/** The bundle repository over GitHub's contents API and in a directory. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BundleRepository, createBundleRepository } from '#src/clients/bundle-repository.js';
import { failure } from '../support/failure.ts';
import { testHttp } from '../support/http-client.ts';
import { type Rule, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROOT = '/repos/charmed-kubernetes/bundle/contents';

const fileAnswer = (text: string, more: object = {}): { body: string } => {
  const content = Buffer.from(text)
    .toString('base64')
    .replace(/.{1,60}/g, '$&\n');
  return { body: JSON.stringify({ name: 'x', type: 'file', encoding: 'base64', size: Buffer.byteLength(text), content, ...more }) };
};

async function start(t: TestContext, rules: readonly Rule[]): Promise<{ server: ScriptedServer; repository: BundleRepository }> {
  const server = await scriptedServer(t, rules);
  return { server, repository: createBundleRepository({ http: testHttp(t), source: `${server.url}/` }) };
}

test('lists a folder of a ref, sorted, and asks only once', async (t) => {
  const { server, repository } = await start(t, [
    {
      when: { method: 'GET', path: `${ROOT}/overlays?ref=release_1.26`, headers: { accept: 'application/vnd.github+json' } },
      then: {
        body: JSON.stringify([
          { name: 'b.yaml', type: 'file' },
          { name: 'B', type: 'dir' },
          { name: 'a.yaml', type: 'file' },
        ]),
      },
    },
  ]);
  const both = await Promise.all([repository.list('overlays', 'release_1.26'), repository.list('overlays', 'release_1.26')]);
  assert.deepEqual(both, [
    ['B', 'a.yaml', 'b.yaml'],
    ['B', 'a.yaml', 'b.yaml'],
  ]);
  assert.equal(server.requests.length, 1);
});

test('reads a file', async (t) => {
  const text = 'applications: é\n'.repeat(20);
  const { repository } = await start(t, [{ when: { path: `${ROOT}/overlays/aws%20x.yaml` }, then: fileAnswer(text) }]);
  assert.equal((await repository.read('overlays/aws x.yaml'))?.toString(), text);
});

test('reads an empty file, and one over 1 MB that comes without content', async (t) => {
  const big = 'x'.repeat(1_100_000);
  const { repository } = await start(t, [
    { when: { path: `${ROOT}/empty` }, then: fileAnswer('') },
    { when: { path: `${ROOT}/big`, headers: { accept: 'application/vnd.github+json' } }, then: fileAnswer(big, { encoding: 'none', content: '' }) },
    { when: { path: `${ROOT}/big`, headers: { accept: 'application/vnd.github.raw+json' } }, then: { body: big } },
  ]);
  assert.equal((await repository.read('empty'))?.length, 0);
  assert.equal((await repository.read('big'))?.length, big.length);
});

test('what is not there is undefined: path, ref, a folder as file, a file as folder, a way out', async (t) => {
  const { repository } = await start(t, [
    { when: { path: `${ROOT}/none` }, then: { status: 404, body: '{"message":"Not Found"}' } },
    { when: { path: `${ROOT}/overlays?ref=none` }, then: { status: 404, body: '{"message":"No commit found for the ref none"}' } },
    { when: { path: `${ROOT}/folder` }, then: { body: '[]' } },
    { when: { path: `${ROOT}/file` }, then: fileAnswer('x') },
  ]);
  assert.equal(await repository.read('none'), undefined);
  assert.equal(await repository.list('overlays', 'none'), undefined);
  assert.equal(await repository.read('folder'), undefined);
  assert.deepEqual(await repository.list('folder'), []);
  assert.equal(await repository.list('file'), undefined);
  assert.equal(await repository.read('../../secret'), undefined);
});

test('refuses content of another size than told, and what is no file', async (t) => {
  const { repository } = await start(t, [
    { when: { path: `${ROOT}/short` }, then: fileAnswer('abc', { size: 4 }) },
    { when: { path: `${ROOT}/module` }, then: fileAnswer('', { type: 'submodule' }) },
  ]);
  assert.deepEqual([(await failure(repository.read('short'), 'UPSTREAM_ANSWER')).found], ['3 bytes']);
  assert.equal((await failure(repository.read('module'), 'UPSTREAM_ANSWER')).path, 'type');
});

test('a spent rate limit says until when and what else can be done, at the first try', async (t) => {
  const { server, repository } = await start(t, [
    {
      when: { path: `${ROOT}/a` },
      then: { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795219200' }, body: '{"message":"API rate limit exceeded"}' },
    },
    { when: { path: `${ROOT}/b` }, then: { status: 429, headers: { 'retry-after': '60' } } },
    { when: { path: `${ROOT}/c` }, then: { status: 403, body: 'firewall' } },
  ]);
  const spent = await failure(repository.read('a'), 'NETWORK_DENIED');
  assert.deepEqual(spent, {
    url: `${server.url}${ROOT}/a`,
    status: 403,
    detail: "GitHub's limit of requests without login is spent until 2026-11-21T00:00:00.000Z; --bundle-repo DIR reads a checkout instead",
  });
  assert.match((await failure(repository.read('b'), 'NETWORK_DENIED')).detail, /spent for 60 seconds/);
  assert.equal((await failure(repository.read('c'), 'NETWORK_DENIED')).detail, 'firewall');
  assert.equal(server.requests.length, 3);
});

test('a failed question may be asked again', async (t) => {
  const { repository } = await start(t, [
    { when: { path: `${ROOT}/a` }, then: { status: 403 }, times: 1 },
    { when: { path: `${ROOT}/a` }, then: fileAnswer('now') },
  ]);
  await failure(repository.read('a'), 'NETWORK_DENIED');
  assert.equal((await repository.read('a'))?.toString(), 'now');
});

test('reads a checkout, whatever the ref', async (t) => {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'overlays/sub'), { recursive: true });
  mkdirSync(join(dir, '.git'));
  writeFileSync(join(dir, 'overlays/b.yaml'), 'b');
  writeFileSync(join(dir, 'overlays/a.yaml'), 'a');
  for (const source of [dir, `file://${dir}`]) {
    const repository = createBundleRepository({ http: testHttp(t), source });
    assert.deepEqual(await repository.list('overlays', 'release_1.26'), ['a.yaml', 'b.yaml', 'sub']);
    assert.deepEqual(await repository.list(''), ['overlays']);
    assert.equal((await repository.read('overlays/b.yaml', 'any'))?.toString(), 'b');
    assert.equal(await repository.read('overlays'), undefined);
    assert.equal(await repository.read('overlays/b.yaml/x'), undefined);
    assert.equal(await repository.list('overlays/b.yaml'), undefined);
    assert.equal(await repository.list('none'), undefined);
    assert.equal(await repository.read('../x'), undefined);
  }
});

test('a checkout that is not there is INPUT_ABSENT', async (t) => {
  const source = join(tempDir(t), 'none');
  assert.deepEqual(await failure(createBundleRepository({ http: testHttp(t), source }).list('overlays'), 'INPUT_ABSENT'), { path: source });
});
