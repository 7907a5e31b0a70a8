/** The walking skeleton: one charm, one snap, one image through every room, from serve to deploy.sh. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createUpstreamServer } from '#src/serve/server.js';
import { run, runCli } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const BUNDLE = `# one charm
series: jammy
name: one-charm
applications:
  kubernetes-worker:
    charm: kubernetes-worker   # with a snap
    channel: 1.26/stable
    num_units: 1
    options:
      channel: 1.26/stable
relations: []
`;

describe('one charm, its snaps and one image', () => {
  let folder: Folder;
  let upstreams: Upstreams;

  before(async () => {
    folder = await scratch('skeleton');
    const bundle = await folder.file('bundle.yaml', BUNDLE);
    await folder.file('lists/v1.26.4.txt', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4\n');
    await buildWorld({ bundle, imageLists: join(folder.path, 'lists'), channel: '1.26/stable' }, join(folder.path, 'world'));
    upstreams = await serveDirs([join(folder.path, 'world')]);
  });
  after(async () => {
    await upstreams?.close();
    await folder?.remove();
  });

  test('packs, unpacks, checks and pushes', async () => {
    const packed = await runCli(['./bundle.yaml', '-o', 'out/', '--cache-dir', 'cache', ...upstreams.args], { cwd: folder.path });
    assert.equal(packed.code, 0, packed.stderr);
    const archive = packed.stdout.trim().split('\n').at(-1) ?? '';
    assert.match(archive, /^out\/1\.26-stable-\d{4}-\d\d-\d\d\.tar\.gz$/);
    assert.equal((await run('tar', ['-xf', archive], { cwd: folder.path })).code, 0);
    const site = join(folder.path, 'one-charm-1.26');
    assert.deepEqual(await run('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: site }), { code: 0, stdout: '', stderr: '' });
    assert.equal((await readdir(join(site, 'charms'))).length, 1);
    assert.match(await readFile(join(site, 'bundle.yaml'), 'utf8'), /charm: \.\/charms\/kubernetes-worker_r\d+\.charm {3}# with a snap/);

    const registry = createUpstreamServer({ dirs: [] });
    const target = await registry.listen('127.0.0.1', 0);
    try {
      const env = { DOCKER_REGISTRY: target.url.replace('http://', ''), REGISTRY_SCHEME: 'http' };
      const check = await run('bash', ['deploy.sh', 'check'], { cwd: site, env });
      assert.equal(check.code, 0, check.stdout + check.stderr);
      const images = await run('bash', ['deploy.sh', 'images'], { cwd: site, env });
      assert.equal(images.code, 0, images.stdout + images.stderr);
      const row = (await readFile(join(site, 'containers', 'images.tsv'), 'utf8')).split('\n').find((line) => line.endsWith('\tcoredns/coredns:1.9.4'));
      const [, , digest, mediaType] = (row ?? '').split('\t');
      const head = await fetch(`${target.url}/v2/cdk/coredns/coredns/manifests/1.9.4`, { method: 'HEAD', headers: { accept: mediaType ?? '' } });
      assert.deepEqual([head.status, head.headers.get('docker-content-digest')], [200, digest]);
    } finally {
      await registry.close();
    }
  });
});
