/** Mirroring into real registries, open, with htpasswd and with a token server: digests as upstream, shared layers mounted, a second run writes nothing. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { dockerRegistry, hasPeer, USER } from '../support/kit-registry.ts';
import { digestAt, HELM_CONFIG, imageOf, pushImage, pushIndex } from '../support/push-image.ts';
import { run, runCli, type Ran } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { tokenServer } from '../support/token-server.ts';

const LOGIN = `${USER.REGISTRY_USER}:${USER.REGISTRY_PASS}`;
const BASIC = `Basic ${Buffer.from(LOGIN).toString('base64')}`;

interface Scene {
  readonly cwd: string;
  readonly upstream: string;
  /** By PATH:TAG. */
  readonly digests: ReadonlyMap<string, string>;
}

/** A real registry with an index, two images that share a layer, and a chart; and the list of them. */
async function scene(t: TestContext): Promise<Scene> {
  const cwd = tempDir(t);
  const { address } = await dockerRegistry(t);
  const base = `http://${address}`;
  const digests = new Map([
    ['sys/pause:3.9', await pushIndex(base, 'sys/pause', '3.9', 'pause')],
    ['team/web:1', await pushImage(base, 'team/web', '1', imageOf('shared'))],
    ['team/same:2', await pushImage(base, 'team/same', '2', imageOf('shared'))],
    ['charts/web:0.1.0', await pushImage(base, 'charts/web', '0.1.0', imageOf('chart', { configType: HELM_CONFIG }))],
  ]);
  writeFileSync(join(cwd, 'list.txt'), [...digests.keys()].map((place) => `${address}/${place}\n`).join(''));
  return { cwd, upstream: address, digests };
}

function logIn(cwd: string, address: string, login: Record<string, unknown>): void {
  mkdirSync(join(cwd, '.docker'), { recursive: true });
  writeFileSync(join(cwd, '.docker', 'config.json'), JSON.stringify({ auths: { [address]: login } }));
}

const mirror = ({ cwd, upstream }: Scene, source: string, address: string, path = ''): Promise<Ran> =>
  runCli(['mirror', source, `${address}${path}`, '--json', '--insecure-registry', address, '--insecure-registry', upstream], { cwd });

const countsOf = ({ stdout }: Ran): number[] => {
  const told = JSON.parse(stdout) as Record<string, number>;
  return ['all-image-count', 'copied-image-count', 'present-image-count', 'mounted-blob-count'].map((name) => told[name] ?? -1);
};

/** Copies the list twice and compares what the registry says with upstream. */
async function copiesTheList(all: Scene, address: string, authorizationFor: (repository: string) => Promise<string | undefined>): Promise<void> {
  const first = await mirror(all, 'list.txt', address, '/in');
  assert.equal(first.code, 0, first.stdout + first.stderr);
  assert.deepEqual(countsOf(first), [4, 4, 0, 2]);
  for (const [place, digest] of all.digests) {
    const [path = '', tag = ''] = place.split(':');
    const authorization = await authorizationFor(`in/${path}`);
    assert.equal(await digestAt(`http://${address}`, `in/${path}`, tag, authorization === undefined ? {} : { authorization }), digest, place);
  }
  const again = await mirror(all, 'list.txt', address, '/in');
  assert.deepEqual([again.code, countsOf(again)], [0, [4, 0, 4, 0]]);
  for (const text of [first.stdout, first.stderr, again.stderr]) assert.ok(!text.includes(USER.REGISTRY_PASS));
}

test('an open registry takes a list with whole indexes, and an archive', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const all = await scene(t);
  const { address } = await dockerRegistry(t);
  await copiesTheList(all, address, () => Promise.resolve(undefined));
  const packed = await runCli(['images', '--from-list', 'list.txt', '--insecure-registry', all.upstream, '--cache-dir', 'cache'], { cwd: all.cwd });
  assert.equal(packed.code, 0, packed.stderr);
  const archive = packed.stdout.trim();
  const first = await mirror(all, archive, address);
  assert.deepEqual([first.code, countsOf(first)], [0, [4, 4, 0, 2]], first.stdout + first.stderr);
  assert.equal(await digestAt(`http://${address}`, 'cdk/team/web', '1'), all.digests.get('team/web:1'));
  assert.equal((await run('tar', ['-xf', archive], { cwd: all.cwd })).code, 0);
  const again = await mirror(all, 'images-local', address);
  assert.deepEqual([again.code, countsOf(again)], [0, [4, 0, 4, 0]]);
});

test('a registry with htpasswd takes it from who has the password, and from nobody else', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const all = await scene(t);
  const { address } = await dockerRegistry(t, { auth: true });
  const nobody = await mirror(all, 'list.txt', address, '/in');
  assert.equal(nobody.code, 5, nobody.stdout);
  logIn(all.cwd, address, { auth: Buffer.from('operator:wrong').toString('base64') });
  assert.equal((await mirror(all, 'list.txt', address, '/in')).code, 5);
  logIn(all.cwd, address, { auth: Buffer.from(LOGIN).toString('base64') });
  await copiesTheList(all, address, () => Promise.resolve(BASIC));
});

test('a registry with a token server: by password and by identity token, mounts included', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, 'openssl', 'openssl')) return;
  const server = await tokenServer(t, tempDir(t), { login: LOGIN, seconds: 60 });
  for (const login of [
    { auth: Buffer.from(LOGIN).toString('base64') },
    { auth: Buffer.from('<token>:').toString('base64'), identitytoken: `refresh-${LOGIN}` },
  ]) {
    const all = await scene(t);
    const { address } = await dockerRegistry(t, { token: server });
    assert.equal((await mirror(all, 'list.txt', address, '/in')).code, 5);
    logIn(all.cwd, address, login);
    await copiesTheList(all, address, async (repository) => {
      const query = new URLSearchParams({ service: server.service, scope: `repository:${repository}:pull` });
      const answer = await fetch(`${server.realm}?${query.toString()}`, { headers: { authorization: BASIC } });
      return `Bearer ${((await answer.json()) as { token: string }).token}`;
    });
  }
});
