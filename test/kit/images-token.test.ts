// deploy.sh images against Debian's docker-registry behind a token server, whose tokens are good for one repository each; and after a kill in mid-push.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KitArchive, type KitImage, buildKitArchive } from '../support/kit-archive.ts';
import { digestOf, dockerRegistry, hasPeer, selfSigned, USER } from '../support/kit-registry.ts';
import { deploySh } from '../support/kit-run.ts';
import { tokenServer } from '../support/kit-token-server.ts';

function archiveFor(t: TestContext, images?: readonly KitImage[]): KitArchive {
  const archive = buildKitArchive(images === undefined ? {} : { images });
  t.after(() => archive.remove());
  return archive;
}

const ALL = { name: USER.REGISTRY_USER, password: USER.REGISTRY_PASS, actions: ['pull', 'push'] };
const READER = { name: 'reader', password: 'only', actions: ['pull'] };

test('a registry with a token server takes the images from curl and from skopeo', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, 'openssl', 'openssl') || !hasPeer(t, 'skopeo', 'skopeo')) return;
  const archive = archiveFor(t);
  const tokens = await tokenServer(t, selfSigned(archive.beside), [ALL, READER]);
  const { address } = await dockerRegistry(t, { token: tokens.auth });
  for (const [prefix, tool] of [['cdk', 'curl'], ['by/skopeo', 'skopeo']] as const) {
    const env = { DOCKER_REGISTRY: address, REGISTRY_PREFIX: prefix, ...USER };
    const run = await deploySh(archive, ['images', '--with', tool], env);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /2 pushed/);
    const verified = await deploySh(archive, ['verify'], env);
    assert.equal(verified.code, 0, verified.stdout);
  }
  assert.ok(tokens.scopes.includes('repository:cdk/pause:pull,push'));
  assert.ok(tokens.scopes.includes('repository:cdk/coredns/coredns:pull'), 'a mount asks for the right to read there');
});

test('check finds out that a user may not push, and leaves nothing behind', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, 'openssl', 'openssl')) return;
  const archive = archiveFor(t);
  const tokens = await tokenServer(t, selfSigned(archive.beside), [ALL, READER]);
  const { address } = await dockerRegistry(t, { token: tokens.auth });
  const reader = await deploySh(archive, ['check'], { DOCKER_REGISTRY: address, REGISTRY_USER: 'reader', REGISTRY_PASS: 'only' });
  assert.equal(reader.code, 5);
  assert.match(reader.stderr, /does not take uploads to cdk\/pause: status 401/);
  const writer = await deploySh(archive, ['check'], { DOCKER_REGISTRY: address, ...USER });
  assert.equal(writer.code, 0, writer.stderr);
  assert.match(writer.stderr, /answers and takes uploads/);
});

test('a push that is killed half-way is finished by the same command', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const images = Array.from({ length: 12 }, (_, index) => ({
    image: `quay.io/i/i${index}:1`,
    targets: `i/i${index}:1`,
    layers: ['shared', `${index} `.repeat(1000)],
  }));
  const archive = archiveFor(t, images);
  const { address } = await dockerRegistry(t);
  const run = await deploySh(archive, ['images', '--jobs', '2'], { DOCKER_REGISTRY: address }, (pid) => void killOnceUnderWay(archive, pid));
  assert.equal(run.code, 143);
  assert.deepEqual(readdirSync(join(archive.beside, 'tmp')), []);
  const again = await deploySh(archive, ['images'], { DOCKER_REGISTRY: address });
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /12 images .* [1-9]\d* pushed .* [1-9]\d* already there, 0 failed/);
  for (const { digest, targets } of archive.images) assert.equal(digestOf(`http://${address}`, `cdk/${targets.split(':')[0]}`, '1'), digest);
});

/** Once the first rows are done, and before the last one is. */
async function killOnceUnderWay(archive: KitArchive, pid: number): Promise<void> {
  const tmp = join(archive.beside, 'tmp');
  for (let tries = 0; tries < 2000; tries++) {
    const done = readdirSync(tmp).some((name) => existsSync(join(tmp, name, 'progress')) && readFileSync(join(tmp, name, 'progress'), 'utf8') !== '');
    if (done) break;
    await sleep(5);
  }
  process.kill(pid, 'SIGTERM');
}

test('credentials that docker login left are used when no others are given; ambiguous ones are not', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t);
  const { address } = await dockerRegistry(t, { auth: true });
  const auth = Buffer.from(`${USER.REGISTRY_USER}:${USER.REGISTRY_PASS}`).toString('base64');
  const config = join('..', 'home', '.docker', 'config.json');
  const other = { 'other.example:5000': { auth: 'b3RoZXI6cHc=' } };
  archive.put(config, JSON.stringify({ auths: { ...other, [address]: { auth } } }, null, 2));
  const run = await deploySh(archive, ['images', '-v'], { DOCKER_REGISTRY: address });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /credentials for 127\.0\.0\.1:\d+: those of .*config\.json/);
  assert.doesNotMatch(run.stderr + run.stdout + readFileSync(join(archive.root, 'deploy.log'), 'utf8'), /s3cret|b3BlcmF0b3I6/);
  for (const auths of [{ [address]: { auth }, [`https://${address}`]: { auth: 'b3RoZXI6cHc=' } }, other, { [address]: {} }, { [address]: { auth: 'bm90aGluZw==' } }]) {
    archive.put(config, JSON.stringify({ auths }));
    assert.equal((await deploySh(archive, ['verify'], { DOCKER_REGISTRY: address })).code, 5, JSON.stringify(auths));
  }
});
