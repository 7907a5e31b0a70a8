// Images that share one OCI layout: the same pushes as from image files, without unpacking.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { formatDigest } from '#src/domain/digest.js';
import { layoutPath } from '#src/domain/layout.js';
import { indexedArchive, type IndexedArchive } from '../support/indexed-archive.ts';
import { dockerRegistry, hasPeer, scriptedRegistry } from '../support/kit-registry.ts';
import { deploySh } from '../support/kit-run.ts';

async function archiveFor(t: TestContext): Promise<IndexedArchive> {
  const archive = await indexedArchive('layout');
  t.after(() => archive.remove());
  return archive;
}

async function digestAt(address: string, repository: string, reference: string): Promise<string | null> {
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
  const answer = await fetch(`http://${address}/v2/${repository}/manifests/${reference}`, { method: 'HEAD', headers: { accept } });
  return answer.headers.get('docker-content-digest');
}

for (const tool of ['curl', 'skopeo'] as const) {
  test(`${tool} pushes out of the layout with the same digests; the second run sends nothing and verify holds`, async (t) => {
    if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, tool, tool)) return;
    const archive = await archiveFor(t);
    const { address } = await dockerRegistry(t);
    const before = archive.snapshot();
    const run = await deploySh(archive, ['images', '--with', tool], { DOCKER_REGISTRY: address });
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /^4 images .*: 4 pushed.*, 0 already there, 0 failed\n$/);
    for (const [name, digest] of Object.entries(archive.tags)) {
      const [path = '', tag = ''] = name.split(':');
      assert.equal(await digestAt(address, `cdk/${path}`, tag), digest, name);
    }
    for (const { manifest } of archive.pinned.children)
      assert.equal(await digestAt(address, 'cdk/site/agent', formatDigest(manifest.digest)), formatDigest(manifest.digest));
    assert.match((await deploySh(archive, ['images', '--with', tool], { DOCKER_REGISTRY: address })).stdout, /0 pushed.*, 4 already there/);
    const verified = await deploySh(archive, ['verify'], { DOCKER_REGISTRY: address });
    assert.equal(verified.code, 0, verified.stdout);
    assert.deepEqual(archive.snapshot(), before, 'the layout stays as it was');
    assert.deepEqual(readdirSync(join(archive.beside, 'tmp')), [], 'nothing stays behind');
  });
}

test('only its own blobs go to the repository of an image, and shared ones by mount', async (t) => {
  const archive = await archiveFor(t);
  const registry = await scriptedRegistry(t);
  const run = await deploySh(archive, ['images', '--jobs', '1'], { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' });
  assert.equal(run.code, 0, run.stderr);
  const pause = archive.artifacts[1] ?? assert.fail();
  assert.deepEqual(
    [...registry.blobs.keys()].filter((name) => name.startsWith('cdk/pause@')).toSorted(),
    [pause.config, ...pause.layers].map(({ digest }) => `cdk/pause@${formatDigest(digest)}`).toSorted(),
  );
  const uploads = registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/blobs/uploads/')).map(({ path }) => path.replace(/.*digest=/, ''));
  assert.deepEqual(uploads.toSorted(), [...new Set(uploads)].toSorted(), 'each blob is sent once');
});

test('a blob with other bytes, and one that is missing, fail the images that need them and no others', async (t) => {
  const archive = await archiveFor(t);
  const registry = await scriptedRegistry(t);
  const [agent, pause] = archive.artifacts;
  archive.put(layoutPath(pause?.layers[1]?.digest ?? assert.fail()), 'other bytes');
  rmSync(join(archive.root, layoutPath(agent?.config.digest ?? assert.fail())));
  const run = await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' });
  assert.equal(run.code, 6);
  assert.match(run.stdout, /2 pushed .* 2 failed/);
  assert.match(run.stdout, /^failed: cdk\/site\/agent:v1: sha256:[0-9a-f]{64} is missing from the image file$/m);
  assert.match(run.stdout, /^failed: cdk\/pause:3\.9: sha256:[0-9a-f]{64} has other bytes than its digest says$/m);
  assert.deepEqual([...registry.manifests.keys()].filter((name) => !name.includes('sha256')), ['cdk/proxy:2']);
});

test('--dry-run names the blobs where they lie, and the tar that engines get', async (t) => {
  const archive = await archiveFor(t);
  const env = { DOCKER_REGISTRY: 'reg.lan:5000', REGISTRY_SCHEME: 'https', REGISTRY_MIRRORS: 'none' };
  const before = archive.snapshot();
  const curl = await deploySh(archive, ['images', '--dry-run'], env);
  assert.doesNotMatch(curl.stdout, /^\+ tar/m);
  const [manifest] = archive.artifacts.slice(1).map(({ manifest: { digest } }) => digest.hex);
  assert.match(curl.stdout, new RegExp(`--data-binary @\\./containers/blobs/sha256/${manifest} --url https://reg\\.lan:5000/v2/cdk/pause/manifests/3\\.9$`, 'm'));
  const ctr = await deploySh(archive, ['images', '--containerd', '--dry-run'], {});
  assert.match(ctr.stdout, /^\+ tar -chf - oci-layout index\.json manifest\.json blobs \| .*ctr -n k8s\.io images import --all-platforms -$/m);
  assert.deepEqual(archive.snapshot(), before);
});

test('--save-docker makes a file for each image, with the image alone in it', async (t) => {
  const archive = await archiveFor(t);
  const directory = join(archive.beside, 'saved');
  const run = await deploySh(archive, ['images', '--save-docker', directory], {});
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(readdirSync(directory).toSorted(), ['cdk_pause_3.9.tar', 'cdk_proxy_2.tar', 'images.tsv', 'load.sh', 'site_agent_v1.tar']);
  assert.match(readFileSync(join(directory, 'images.tsv'), 'utf8'), /^quay\.io\/site\/agent:v1\tsite_agent_v1\.tar\tsite\/agent:v1$/m);
  assert.ok(!existsSync(join(archive.root, 'stage')));
});
