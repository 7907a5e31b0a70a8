/** Images of an archive that the CLI packed, against the real engines and a real registry. */
import { after, before, describe, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { dockerRegistry, hasPeer } from '../support/kit-registry.ts';
import { ROOT, run, runCli } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder } from '../support/served-world.ts';
import { dockerEngine, isRoot, podmanEngine } from './engines.ts';

const SAMPLE = join(ROOT, 'bundles', 'sample', 'charmed-kubernetes-1.26');
const LISTS = join(ROOT, 'scripts', 'world', 'image-lists');

interface Row {
  readonly image: string;
  readonly file: string;
  readonly digest: string;
  readonly targets: string;
}

describe('images of a packed archive', () => {
  let folder: Folder;
  let site: string;
  let rows: Row[];

  before(async () => {
    folder = await scratch('peers');
    await buildWorld({ bundle: join(SAMPLE, 'bundle.yaml'), imageLists: LISTS, channel: '1.26/stable' }, join(folder.path, 'world'));
    const upstreams = await serveDirs([join(folder.path, 'world')]);
    try {
      const packed = await runCli(['charmed-kubernetes', '-c', '1.26/stable', '--no-cache', '-o', 'a.tar.gz', ...upstreams.args], { cwd: folder.path });
      assert.equal(packed.code, 0, packed.stderr);
    } finally {
      await upstreams.close();
    }
    assert.equal((await run('tar', ['-xf', 'a.tar.gz'], { cwd: folder.path })).code, 0);
    site = join(folder.path, 'charmed-kubernetes-1.26');
    rows = (await readFile(join(site, 'containers', 'images.tsv'), 'utf8'))
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'))
      .map(([image = '', file = '', digest = '', , , , , targets = '']) => ({ image, file, digest, targets }));
    assert.ok(rows.length > 20);
  });
  after(() => folder?.remove());

  test('load in docker and containerd', { timeout: 120_000 }, async (t: TestContext) => {
    if (!isRoot(t) || !hasPeer(t, 'dockerd', 'docker.io') || !hasPeer(t, 'docker', 'docker.io') || !hasPeer(t, 'ctr', 'containerd')) return;
    const docker = await dockerEngine(t);
    for (const { image, file, digest } of rows.slice(0, 3)) {
      // docker leaves out what Docker Hub's names begin with.
      const shown = image.replace(/^docker\.io\/(?:library\/)?/, '');
      assert.equal((await docker.run('load', '-i', join(site, file))).trim(), `Loaded image: ${shown}`);
      const tar = join(folder.path, 'image.tar');
      await writeFile(tar, gunzipSync(await readFile(join(site, file))));
      await docker.ctr('images', 'import', tar);
      const row = (await docker.ctr('images', 'ls')).split('\n').find((line) => line.startsWith(`${image} `));
      assert.equal(row?.split(/\s+/)[2], digest);
    }
  });

  test('load in podman', { timeout: 60_000 }, async (t: TestContext) => {
    if (!hasPeer(t, 'podman', 'podman')) return;
    const podman = podmanEngine(t);
    for (const { image, file } of rows.slice(0, 3)) assert.match(await podman.run('load', '-i', join(site, file)), new RegExp(`Loaded image: ${image}`));
  });

  test('arrive in a real registry with their digests, pushed by deploy.sh with curl', { timeout: 120_000 }, async (t: TestContext) => {
    if (!hasPeer(t, 'docker-registry', 'docker-registry')) return;
    const { address } = await dockerRegistry(t);
    const pushed = await run('bash', ['deploy.sh', 'images'], { cwd: site, env: { DOCKER_REGISTRY: address, REGISTRY_SCHEME: 'http' } });
    assert.equal(pushed.code, 0, pushed.stderr);
    const accept = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'].join(', ');
    for (const { digest, targets } of rows) {
      const [path, tag] = (targets.split(',')[0] ?? '').split(/:(?=[^:]*$)/);
      const head = await fetch(`http://${address}/v2/cdk/${path}/manifests/${tag}`, { method: 'HEAD', headers: { accept } });
      assert.deepEqual([head.status, head.headers.get('docker-content-digest')], [200, digest], targets);
    }
  });
});
