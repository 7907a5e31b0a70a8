// Tags that answer an index: one that a name pins, one made for two architectures; against Debian's docker-registry, which takes no index whose manifests it lacks.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { formatDigest } from '#src/domain/digest.js';
import { indexedArchive, type IndexedArchive } from '../support/indexed-archive.ts';
import { dockerRegistry, hasPeer, scriptedRegistry } from '../support/kit-registry.ts';
import { deploySh } from '../support/kit-run.ts';

async function archiveFor(t: TestContext, format?: 'layout'): Promise<IndexedArchive> {
  const archive = await indexedArchive(format);
  t.after(() => archive.remove());
  return archive;
}

const ACCEPT = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';

async function answer(address: string, repository: string, reference: string): Promise<{ digest: string | null; bytes: Buffer }> {
  const response = await fetch(`http://${address}/v2/${repository}/manifests/${reference}`, { headers: { accept: ACCEPT } });
  return { digest: response.headers.get('docker-content-digest'), bytes: Buffer.from(await response.arrayBuffer()) };
}

async function assertAnswers(archive: IndexedArchive, address: string, prefix: string): Promise<void> {
  for (const [name, digest] of Object.entries(archive.tags)) {
    const [path = '', tag = ''] = name.split(':');
    assert.equal((await answer(address, `${prefix}/${path}`, tag)).digest, digest, name);
  }
  const index = await answer(address, `${prefix}/site/agent`, 'v1');
  assert.deepEqual(index.bytes, readFileSync(archive.blobPath(archive.pinned.index.digest)), 'its bytes unchanged');
  for (const { manifest } of archive.pinned.children) {
    const digest = formatDigest(manifest.digest);
    assert.equal((await answer(address, `${prefix}/site/agent`, digest)).digest, digest);
  }
}

for (const tool of ['curl', 'skopeo'] as const) {
  test(`${tool} pushes the manifests of an index, then the index; a second run sends nothing, verify looks at both`, async (t) => {
    if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, tool, tool)) return;
    const archive = await archiveFor(t);
    const { address } = await dockerRegistry(t);
    const env = { DOCKER_REGISTRY: address };
    const first = await deploySh(archive, ['images', '--with', tool], env);
    assert.equal(first.code, 0, first.stdout + first.stderr);
    assert.match(first.stdout, /^4 images .*: 4 pushed.*, 0 already there, 0 failed\n$/);
    await assertAnswers(archive, address, 'cdk');
    // What a mirror of ghcr.io asks for has all architectures too.
    assert.equal((await answer(address, 'cdk/canonical/cdk/proxy', '2')).digest, archive.tags['proxy:2']);
    const second = await deploySh(archive, ['images', '--with', tool], env);
    assert.match(second.stdout, /0 pushed.*, 4 already there, 0 failed\n$/);
    const verified = await deploySh(archive, ['verify'], env);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.match(verified.stdout, new RegExp(`^ok +cdk/site/agent:v1 ${archive.tags['site/agent:v1']}$`, 'm'));
    assert.match(verified.stdout, /^5 of 5 names /m, 'two names of pause, two of proxy, one of the agent');
  });
}

test('a registry that gives tokens for one repository each gets the same', async (t) => {
  const archive = await archiveFor(t);
  const registry = await scriptedRegistry(t, { tokens: 40 });
  const env = { DOCKER_REGISTRY: registry.address, REGISTRY_USER: 'operator', REGISTRY_PASS: 's3cret pass:word', REGISTRY_MIRRORS: 'none' };
  const run = await deploySh(archive, ['images'], env);
  assert.equal(run.code, 0, run.stdout + run.stderr);
  const tags = [...registry.manifests.keys()].filter((name) => !name.includes('sha256')).toSorted();
  assert.deepEqual(tags, ['cdk/pause:3.9', 'cdk/proxy:2', 'cdk/site/agent:v1']);
});

test('the index comes after its manifests, and not at all where one of them failed; the next run does the rest', async (t) => {
  const archive = await archiveFor(t);
  const [, arm] = archive.pinned.children;
  let failing = true;
  const path = `/v2/cdk/site/agent/manifests/${formatDigest(arm?.manifest.digest ?? assert.fail())}`;
  const registry = await scriptedRegistry(t, { fault: (method, asked) => (failing && method === 'PUT' && asked === path ? 500 : undefined) });
  const env = { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' };
  const run = await deploySh(archive, ['images'], env);
  assert.equal(run.code, 6, run.stderr);
  assert.match(run.stdout, /3 pushed .* 1 failed\nfailed: cdk\/site\/agent:v1: manifest of cdk\/site\/agent:sha256:[0-9a-f]{64}: status 500/);
  assert.ok(!registry.manifests.has('cdk/site/agent:v1'));
  assert.ok(registry.manifests.has('cdk/proxy:2'));
  failing = false;
  const again = await deploySh(archive, ['images'], env);
  assert.match(again.stdout, /1 pushed .* 3 already there, 0 failed/);
  const puts = registry.requests.filter(({ method, path: asked }) => method === 'PUT' && asked.includes('/site/agent/manifests/')).map(({ path: asked }) => asked);
  assert.equal(puts.at(-1), '/v2/cdk/site/agent/manifests/v1');
});

test('an index that is refused fails its image and is named', async (t) => {
  const archive = await archiveFor(t);
  const registry = await scriptedRegistry(t, { fault: (method, path) => (method === 'PUT' && path === '/v2/cdk/proxy/manifests/2' ? 400 : undefined) });
  const run = await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' });
  assert.equal(run.code, 6, run.stderr);
  assert.match(run.stdout, /3 pushed .* 1 failed\nfailed: cdk\/proxy:2: manifest of cdk\/proxy:2: status 400/);
});

test('verify names a manifest that the registry has lost, and an index that is another', async (t) => {
  const archive = await archiveFor(t);
  const registry = await scriptedRegistry(t);
  const env = { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' };
  assert.equal((await deploySh(archive, ['images'], env)).code, 0);
  const lost = formatDigest(archive.pinned.children[1]?.manifest.digest ?? assert.fail());
  registry.manifests.delete(`cdk/site/agent:${lost}`);
  registry.manifests.set('cdk/proxy:2', registry.manifests.get('cdk/pause:3.9') ?? assert.fail());
  const run = await deploySh(archive, ['verify'], env);
  assert.equal(run.code, 6);
  assert.match(run.stdout, new RegExp(`^missing  cdk/site/agent@${lost}, which the index ${archive.tags['site/agent:v1']} lists$`, 'm'));
  assert.match(run.stdout, new RegExp(`^altered  cdk/proxy:2 ${archive.tags['pause:3.9']}, wanted ${archive.tags['proxy:2']}$`, 'm'));
  assert.match(run.stdout, /^1 of 3 names /m);
});

test('an index file with other bytes is not pushed; tables that are no such tables are exit 4', async (t) => {
  const archive = await archiveFor(t);
  const registry = await scriptedRegistry(t);
  const env = { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' };
  archive.put(`sources/images/sha256-${archive.pinned.index.digest.hex}.json`, '{}');
  const run = await deploySh(archive, ['images'], env);
  assert.equal(run.code, 6);
  assert.match(run.stdout, /failed: cdk\/site\/agent:v1: sources\/images\/sha256-[0-9a-f]{64}\.json is not the index sha256:/);
  assert.ok(!registry.manifests.has('cdk/site/agent:v1'));
  const [indexes, children] = ['indexes', 'children'].map((name) => readFileSync(join(archive.root, `containers/${name}.tsv`), 'utf8'));
  for (const [name, good = '', from, to] of [
    ['indexes', indexes, /sources\/images/, '../../etc'],
    ['indexes', indexes, /sha256:/, 'sha256:$(touch owned)'],
    ['indexes', indexes, /site\/agent:v1/, 'site/agent:v1 --upload-file=x'],
    ['children', children, /\tapplication\/[^\t]*/, '\tapplication/x; touch owned'],
    ['children', children, /[0-9a-f]{64}\n/, '../../etc/passwd\n'],
  ] as const) {
    archive.put(`containers/${name}.tsv`, good.replace(from, to));
    assert.equal((await deploySh(archive, ['images', '--dry-run'], env)).code, 4, `${name} ${String(from)}`);
    archive.put(`containers/${name}.tsv`, good);
  }
  rmSync(join(archive.root, 'containers/indexes.tsv'));
  assert.equal((await deploySh(archive, ['images', '--dry-run'], env)).code, 4, 'a table that is missing is told');
});

test('--dry-run shows the manifests by digest, the index last, and skopeo with --all', async (t) => {
  const archive = await archiveFor(t);
  const env = { DOCKER_REGISTRY: 'reg.lan:5000', REGISTRY_SCHEME: 'https', REGISTRY_MIRRORS: 'none' };
  const curl = await deploySh(archive, ['images', '--dry-run'], env);
  const puts = curl.stdout.split('\n').flatMap((line) => /-X PUT .*\/v2\/cdk\/(.*)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(puts, [
    ...archive.pinned.children.map(({ manifest }) => `site/agent/manifests/${formatDigest(manifest.digest)}`),
    'pause/manifests/3.9',
    ...archive.artifacts.slice(2).map(({ manifest }) => `proxy/manifests/${formatDigest(manifest.digest)}`),
    'site/agent/manifests/v1',
    'proxy/manifests/2',
  ]);
  const skopeo = await deploySh(archive, ['images', '--dry-run', '--with', 'skopeo'], env);
  assert.match(skopeo.stdout, /^\+ skopeo copy --preserve-digests --all oci-archive:\S+ docker:\/\/reg\.lan:5000\/cdk\/site\/agent:v1$/m);
  assert.match(skopeo.stdout, /^\+ skopeo copy --preserve-digests oci-archive:\S+_arm64\.tgz docker:\/\/reg\.lan:5000\/cdk\/proxy@sha256:[0-9a-f]{64}$/m);
  const ctr = await deploySh(archive, ['images', '--containerd', '--dry-run'], {});
  assert.match(ctr.stdout, /images import --all-platforms -$/m);
  assert.match(ctr.stderr, new RegExp(`images tag --force quay\\.io/site/agent:v1 quay\\.io/site/agent@${archive.tags['site/agent:v1']}$`, 'm'));
  assert.match(ctr.stdout, /^3 images /m);
});
