// deploy.sh images and verify against Debian's docker-registry, with curl and with skopeo.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type KitArchive, type KitOptions, buildKitArchive, COREDNS, PAUSE } from '../support/kit-archive.ts';
import { USER, digestOf, dockerRegistry, hasPeer, selfSigned } from '../support/kit-registry.ts';
import { deploySh } from '../support/kit-run.ts';

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

function assertPushed(archive: KitArchive, base: string, prefix: string, more: readonly string[] = []): void {
  for (const { digest, targets } of archive.images) {
    for (const target of targets.split(',')) {
      const colon = target.lastIndexOf(':');
      assert.equal(digestOf(base, `${prefix}/${target.slice(0, colon)}`, target.slice(colon + 1), more), digest, target);
    }
  }
}

test('pushes every target with the digest of images.tsv, and a second run sends nothing', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t);
  const { address } = await dockerRegistry(t);
  const first = await deploySh(archive, ['images'], { DOCKER_REGISTRY: address });
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^2 images in 127\.0\.0\.1:\d+\/cdk: 2 pushed \(0\.0 MiB sent\), 0 already there, 0 failed\n$/);
  assert.match(first.stderr, /does not speak TLS: using http/);
  assert.match(first.stderr, /^\[1\/2\] cdk\/\S+ pushed 0\.0 MiB, 0\.0 MiB of 0\.0 MiB$/m);
  assert.match(first.stderr, /^\[2\/2\] cdk\/\S+ pushed 0\.0 MiB, 0\.0 MiB of 0\.0 MiB$/m);
  assertPushed(archive, `http://${address}`, 'cdk');
  const second = await deploySh(archive, ['images', '-q'], { DOCKER_REGISTRY: address });
  assert.equal(second.stderr, '');
  assert.match(second.stdout, /0 pushed \(0\.0 MiB sent\), 2 already there, 0 failed/);
});

test('skopeo pushes the same digests below another prefix', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, 'skopeo', 'skopeo')) return;
  // A colon in the path of the archive must not become the beginning of a tag.
  const archive = archiveFor(t, { top: 'archive:of tuesday' });
  const { address } = await dockerRegistry(t, { auth: true });
  const run = await deploySh(archive, ['images', '--with', 'skopeo'], { DOCKER_REGISTRY: address, REGISTRY_PREFIX: 'site/k8s', ...USER });
  assert.equal(run.code, 0, run.stderr);
  assertPushed(archive, `http://${address}`, 'site/k8s', ['-u', `${USER.REGISTRY_USER}:${USER.REGISTRY_PASS}`]);
});

test('pushes over TLS with the CA of the site and a password, by curl and by skopeo', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, 'openssl', 'openssl') || !hasPeer(t, 'skopeo', 'skopeo')) return;
  const archive = archiveFor(t, { images: [PAUSE] });
  const tls = selfSigned(archive.beside);
  const { address } = await dockerRegistry(t, { auth: true, tls });
  const env = { DOCKER_REGISTRY: address, REGISTRY_CA: tls.ca, ...USER };
  const credentials = ['--cacert', tls.ca, '-u', `${USER.REGISTRY_USER}:${USER.REGISTRY_PASS}`];
  for (const [prefix, tool] of [['cdk', 'curl'], ['by-skopeo', 'skopeo']] as const) {
    const run = await deploySh(archive, ['images', '--with', tool], { ...env, REGISTRY_PREFIX: prefix });
    assert.equal(run.code, 0, run.stderr);
    assert.doesNotMatch(run.stdout + run.stderr, /s3cret|does not speak TLS/);
    assertPushed(archive, `https://${address}`, prefix, credentials);
  }
  const unknown = await deploySh(archive, ['images'], { DOCKER_REGISTRY: address, ...USER });
  assert.equal(unknown.code, 5, 'a certificate of an unknown CA is no reason to go on in clear text');
  assert.match(unknown.stderr, /certificate/);
  const insecure = await deploySh(archive, ['verify'], { DOCKER_REGISTRY: address, REGISTRY_INSECURE: '1', ...USER });
  assert.equal(insecure.code, 0, insecure.stderr);
});

test('says what is wrong with credentials and exits 5', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t, { images: [PAUSE] });
  const { address } = await dockerRegistry(t, { auth: true });
  const none = await deploySh(archive, ['images'], { DOCKER_REGISTRY: address });
  assert.equal(none.code, 5);
  assert.match(none.stderr, /wants credentials: set REGISTRY_USER and REGISTRY_PASS/);
  const wrong = await deploySh(archive, ['images'], { DOCKER_REGISTRY: address, REGISTRY_USER: 'operator', REGISTRY_PASS: 'guess' });
  assert.equal(wrong.code, 5);
  assert.match(wrong.stderr, /refuses the user operator/);
  const right = await deploySh(archive, ['images', '-v'], { DOCKER_REGISTRY: address, ...USER, SHRINKWRAP_LOG: `${archive.beside}/log` });
  assert.equal(right.code, 0, right.stderr);
  assert.doesNotMatch(right.stdout + right.stderr, /s3cret|b3BlcmF0b3I6/, 'neither the password nor its base64');
});

test('verify names what is missing and what is altered, and exits 6', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const { address } = await dockerRegistry(t);
  const impostor = archiveFor(t, { images: [{ ...PAUSE, layers: ['something else'] }] });
  assert.equal((await deploySh(impostor, ['images'], { DOCKER_REGISTRY: address })).code, 0);
  const archive = archiveFor(t, { images: [PAUSE, COREDNS] });
  const run = await deploySh(archive, ['verify'], { DOCKER_REGISTRY: address });
  assert.equal(run.code, 6);
  assert.match(run.stdout, new RegExp(`^altered  cdk/pause:3\\.9 ${impostor.images[0]?.digest}, wanted ${archive.images[0]?.digest}$`, 'm'));
  assert.match(run.stdout, /^missing  cdk\/coredns:v1\.9\.4 /m);
  assert.match(run.stdout, /^0 of 4 names/m);
  const repaired = await deploySh(archive, ['images'], { DOCKER_REGISTRY: address });
  assert.match(repaired.stdout, /2 pushed/, 'a tag that names another image is set right');
  assert.equal((await deploySh(archive, ['verify'], { DOCKER_REGISTRY: address })).code, 0);
});

test('--dry-run prints the commands and leaves tree and registry as they are', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t, { images: [PAUSE] });
  const { address } = await dockerRegistry(t);
  const before = archive.snapshot();
  // check changes nothing either; the upload that it opens it gives up.
  const checked = await deploySh(archive, ['check'], { DOCKER_REGISTRY: address });
  assert.match(checked.stderr, /answers and takes uploads/);
  assert.ok(!existsSync(join(archive.root, 'deploy.log')));
  for (const command of ['check', 'images', 'render', 'deploy', 'all']) {
    const run = await deploySh(archive, [command, '--dry-run', '--yes'], { DOCKER_REGISTRY: address });
    assert.equal(run.code, 0, run.stderr);
    if (command !== 'check') assert.match(run.stdout, /^\+ /m, command);
  }
  assert.deepEqual(archive.snapshot(), before);
  assert.match(digestOf(`http://${address}`, 'cdk/pause', '3.9'), /404/);
  const catalog = await (await fetch(`http://${address}/v2/_catalog`)).json();
  assert.deepEqual(catalog, { repositories: [] });
});

test('--only takes a part of a name or a pattern; one that selects nothing is a usage error', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t);
  const { address } = await dockerRegistry(t);
  const run = await deploySh(archive, ['images', '--only', 'k8s.io/*:v1.9'], { DOCKER_REGISTRY: address });
  assert.match(run.stdout, /^1 images /);
  assert.match(digestOf(`http://${address}`, 'cdk/pause', '3.9'), /404/);
  assert.equal((await deploySh(archive, ['images', '--only=nothing'], { DOCKER_REGISTRY: address })).code, 2);
});

test('nobody there is exit 5, without a registry exit 2', async (t) => {
  const archive = archiveFor(t, { images: [PAUSE] });
  assert.equal((await deploySh(archive, ['images'], { DOCKER_REGISTRY: '127.0.0.1:1' })).code, 5);
  for (const bad of ['', 'http://127.0.0.1:1', '127.0.0.1:1/cdk', 'a b', '-x', 'a;b', 'h:99999999']) {
    const run = await deploySh(archive, ['images'], { DOCKER_REGISTRY: bad });
    assert.equal(run.code, 2, bad);
  }
});
