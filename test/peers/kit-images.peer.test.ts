/** deploy.sh images with the programs that write manifests of their own, and the ways around a registry, against the real engines. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { formatDigest } from '#src/domain/digest.js';
import { indexedArchive, type IndexedArchive } from '../support/indexed-archive.ts';
import { type KitArchive, buildKitArchive, COREDNS, PAUSE } from '../support/kit-archive.ts';
import { dockerRegistry, hasPeer } from '../support/kit-registry.ts';
import { deploySh, PATH } from '../support/kit-run.ts';
import { dockerEngine, isRoot, skopeo } from './engines.ts';

function archiveFor(t: TestContext): KitArchive {
  const archive = buildKitArchive({ images: [PAUSE, COREDNS] });
  t.after(() => archive.remove());
  return archive;
}

/** A program on the PATH of the kit that runs another one with options. */
function wrapped(archive: KitArchive, name: string, command: string): string {
  const path = join(archive.beside, 'bin', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/bash\nexec ${command} "$@"\n`);
  chmodSync(path, 0o755);
  return `${dirname(path)}:${PATH}`;
}

async function pushesWith(archive: KitArchive, address: string, tool: 'podman' | 'docker', path: string): Promise<void> {
  const env = { DOCKER_REGISTRY: address, PATH: path };
  const run = await deploySh(archive, ['images', '--with', tool, '--jobs', '1'], env);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, new RegExp(`warning: ${tool} writes manifests of its own`));
  for (const { targets, config } of archive.images) {
    for (const target of targets.split(',')) {
      const [path = '', tag = ''] = target.split(':');
      const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
      const answer = await fetch(`http://${address}/v2/cdk/${path}/manifests/${tag}`, { headers: { accept } });
      assert.equal(JSON.parse(await answer.text()).config.digest, config, target);
    }
  }
  const again = await deploySh(archive, ['images', '--with', tool], env);
  assert.match(again.stdout, /0 pushed, 2 already there/);
  const verified = await deploySh(archive, ['verify', '--with', tool], env);
  assert.equal(verified.code, 0, verified.stdout);
  assert.match(verified.stdout, /^(same|ok) /m);
}

test('podman pushes the same images under manifests of its own', { timeout: 120_000 }, async (t) => {
  if (!hasPeer(t, 'podman', 'podman') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t);
  const { address } = await dockerRegistry(t);
  const place = (name: string): string => join(archive.beside, name);
  const path = wrapped(
    archive,
    'podman',
    `/usr/bin/podman --root ${place('root')} --runroot ${place('run')} --tmpdir ${place('podman-tmp')} --storage-driver vfs`,
  );
  await pushesWith(archive, address, 'podman', path);
  const left = execFileSync(join(archive.beside, 'bin/podman'), ['images', '-q'], { encoding: 'utf8' });
  assert.equal(left, '', 'nothing stays in the storage of the operator');
});

test('docker pushes, docker loads, load.sh of --save-docker loads and pushes, containerd imports', { timeout: 180_000 }, async (t) => {
  if (!isRoot(t) || !hasPeer(t, 'dockerd', 'docker.io') || !hasPeer(t, 'ctr', 'containerd') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = archiveFor(t);
  const docker = await dockerEngine(t);
  const { address } = await dockerRegistry(t);
  const path = wrapped(archive, 'docker', docker.command('docker'));
  await pushesWith(archive, address, 'docker', path);

  const loaded = await deploySh(archive, ['images', '--load'], { PATH: path });
  assert.equal(loaded.code, 0, loaded.stderr);
  assert.equal(loaded.stdout, '2 images loaded into docker\n');
  assert.match(await docker.run('images', '--format', '{{.Repository}}:{{.Tag}}'), /^rocks\.canonical\.com:443\/cdk\/pause:3\.9$/m);

  const directory = join(archive.beside, 'for docker');
  const saved = await deploySh(archive, ['images', '--save-docker', directory], { PATH: path });
  assert.equal(saved.code, 0, saved.stderr);
  assert.match(saved.stdout, /juju scp -- -r .* docker-registry\/0:images/);
  execFileSync('bash', [join(directory, 'load.sh'), `${address}/site/two`], { env: { PATH: path }, stdio: 'ignore' });
  const env = { DOCKER_REGISTRY: address, REGISTRY_PREFIX: 'site/two', REGISTRY_MIRRORS: 'none', PATH: path };
  const verified = await deploySh(archive, ['verify', '--with', 'docker'], env);
  assert.equal(verified.code, 0, verified.stdout);

  const imported = await deploySh(archive, ['images', '--containerd'], {
    PATH: wrapped(archive, 'ctr', docker.command('ctr')),
    DOCKER_REGISTRY: 'reg.lan:5000',
  });
  assert.equal(imported.code, 0, imported.stderr);
  const rows = (await docker.ctr('images', 'ls')).split('\n').map((line) => line.split(/\s+/));
  const digest = archive.images[0]?.digest;
  const names = ['rocks.canonical.com:443/cdk/pause:3.9', 'rocks.canonical.com/cdk/pause:3.9', 'ghcr.io/canonical/cdk/pause:3.9', 'reg.lan:5000/cdk/pause:3.9'];
  for (const name of names) assert.equal(rows.find(([row]) => row === name)?.[2], digest, name);
  assert.ok(readFileSync(join(archive.root, 'deploy.log'), 'utf8').includes('deploy.sh images --containerd'));
});

async function indexedFor(t: TestContext, format?: 'layout'): Promise<IndexedArchive> {
  const archive = await indexedArchive(format);
  t.after(() => archive.remove());
  return archive;
}

for (const format of [undefined, 'layout'] as const) {
  const how = format === undefined ? 'out of image files' : 'out of a layout';

  test(
    `docker takes one image a name of an index, with a warning; containerd keeps the pinned index and every name of it, ${how}`,
    { timeout: 180_000 },
    async (t) => {
      if (!isRoot(t) || !hasPeer(t, 'dockerd', 'docker.io') || !hasPeer(t, 'ctr', 'containerd') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
      const archive = await indexedFor(t, format);
      const docker = await dockerEngine(t);
      const { address } = await dockerRegistry(t);
      const path = wrapped(archive, 'docker', docker.command('docker'));
      const env = { DOCKER_REGISTRY: address, PATH: path };
      const pushed = await deploySh(archive, ['images', '--with', 'docker'], env);
      assert.equal(pushed.code, 0, pushed.stderr);
      assert.match(pushed.stderr, /warning: docker cannot push an index: of several architectures only one gets the tag/);
      assert.match(pushed.stdout, /3 pushed, 0 already there, 0 failed, 1 left out\n$/);
      const verified = await deploySh(archive, ['verify', '--with', 'docker'], env);
      assert.equal(verified.code, 0, verified.stdout);

      const loaded = await deploySh(archive, ['images', '--load'], { PATH: path });
      assert.equal(loaded.stdout, '3 images loaded into docker\n');
      assert.match(loaded.stderr, /warning: 1 images of other architectures are left out/);
      const config = (await docker.run('image', 'inspect', '--format', '{{.Id}}', 'quay.io/site/agent:v1')).trim();
      assert.equal(config, formatDigest(archive.artifacts[0]?.config.digest ?? assert.fail()));

      const directory = join(archive.beside, 'for docker');
      assert.equal((await deploySh(archive, ['images', '--save-docker', directory], { PATH: path })).code, 0);
      execFileSync('bash', [join(directory, 'load.sh'), `${address}/site/two`], { env: { PATH: path }, stdio: 'ignore' });
      const again = { DOCKER_REGISTRY: address, REGISTRY_PREFIX: 'site/two', REGISTRY_MIRRORS: 'none', PATH: path };
      assert.equal((await deploySh(archive, ['verify', '--with', 'docker'], again)).code, 0);

      const imported = await deploySh(archive, ['images', '--containerd'], { PATH: wrapped(archive, 'ctr', docker.command('ctr')) });
      assert.equal(imported.code, 0, imported.stderr);
      const rows = (await docker.ctr('images', 'ls')).split('\n').map((line) => line.split(/\s+/));
      const index = archive.tags['site/agent:v1'] ?? assert.fail();
      for (const name of ['quay.io/site/agent:v1', `quay.io/site/agent@${index}`]) assert.equal(rows.find(([row]) => row === name)?.[2], index, name);
      const content = await docker.ctr('content', 'ls', '-q');
      for (const { manifest, config: own, layers } of archive.pinned.children)
        for (const { digest } of [manifest, own, ...layers]) assert.ok(content.includes(formatDigest(digest)), formatDigest(digest));
    },
  );

  test(`podman loads a pinned index under its name and pushes the image of this machine, ${how}`, { timeout: 120_000 }, async (t) => {
    if (!hasPeer(t, 'podman', 'podman') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
    const archive = await indexedFor(t, format);
    const { address } = await dockerRegistry(t);
    const place = (name: string): string => join(archive.beside, name);
    const podman = `/usr/bin/podman --root ${place('root')} --runroot ${place('run')} --tmpdir ${place('podman-tmp')} --storage-driver vfs`;
    const env = { DOCKER_REGISTRY: address, PATH: wrapped(archive, 'podman', podman) };
    const pushed = await deploySh(archive, ['images', '--with', 'podman', '--jobs', '1'], env);
    assert.equal(pushed.code, 0, pushed.stdout + pushed.stderr);
    assert.match(pushed.stdout, /3 pushed, 0 already there, 0 failed, 1 left out\n$/);
    assert.equal((await deploySh(archive, ['verify', '--with', 'podman'], env)).code, 0);
    const loaded = await deploySh(archive, ['images', '--load', '--with', 'podman'], env);
    assert.equal(loaded.code, 0, loaded.stderr);
    const names = execFileSync(place('bin/podman'), ['images', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' });
    assert.match(names, /^quay\.io\/site\/agent:v1$/m);
  });
}

test('skopeo finds every name in the layout, and copies an index with all that it lists', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo') || !hasPeer(t, 'docker-registry', 'docker-registry')) return;
  const archive = await indexedFor(t, 'layout');
  const { address } = await dockerRegistry(t);
  for (const name of ['quay.io/site/agent:v1', 'rocks.canonical.com/cdk/pause:3.9', 'rocks.canonical.com/cdk/proxy:2']) {
    const target = name.replace(/^[^/]+\/(?:cdk\/)?/, '');
    const options = ['copy', '--all', '--preserve-digests', '--dest-tls-verify=false'];
    await skopeo.run(...options, `oci:${archive.root}/containers:${name}`, `docker://${address}/x/${target}`);
    const raw = await skopeo.run('inspect', '--raw', '--tls-verify=false', `docker://${address}/x/${target}`);
    assert.equal(`sha256:${createHash('sha256').update(raw).digest('hex')}`, archive.tags[target]);
  }
});
