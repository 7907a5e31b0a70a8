// deploy.sh images against a registry that uses the freedom of the specification, or breaks.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type KitArchive, type KitImage, buildKitArchive, COREDNS, PAUSE } from '../support/kit-archive.ts';
import { type ScriptedRegistry, type Script, USER, scriptedRegistry } from '../support/kit-registry.ts';
import { type Run, deploySh } from '../support/kit-run.ts';

async function pushed(t: TestContext, script: Script, env: Record<string, string> = {}, images: readonly KitImage[] = [PAUSE, COREDNS]) {
  const archive = buildKitArchive({ images });
  t.after(() => archive.remove());
  const registry = await scriptedRegistry(t, script);
  const again = (args: readonly string[] = []): Promise<Run> => deploySh(archive, ['images', ...args], { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none', ...env });
  return { archive, registry, again, run: await again(['--jobs', '1']) };
}

function assertComplete(archive: KitArchive, registry: ScriptedRegistry): void {
  for (const { targets, blobs } of archive.images) {
    for (const target of targets.split(',')) {
      assert.equal(registry.manifests.get(`cdk/${target}`)?.type, 'application/vnd.oci.image.manifest.v1+json', target);
      for (const hex of blobs) assert.ok(registry.blobs.has(`cdk/${target.split(':')[0]}@sha256:${hex}`), `${target} ${hex}`);
    }
  }
}

for (const location of ['path', 'beside', 'absolute', 'query'] as const) {
  test(`follows an upload address of the form "${location}"`, async (t) => {
    const { archive, registry, run } = await pushed(t, { location });
    assert.equal(run.code, 0, run.stderr);
    assertComplete(archive, registry);
  });
}

test('keeps its own scheme when the registry behind a proxy believes in another one', async (t) => {
  const { archive, registry, run } = await pushed(t, { location: 'other-scheme' });
  assert.equal(run.code, 0, run.stderr);
  assertComplete(archive, registry);
});

test('takes a layer that another repository of this run has from there', async (t) => {
  const { registry, run } = await pushed(t, {});
  assert.equal(run.code, 0, run.stderr);
  const mounts = registry.requests.filter(({ path }) => path.includes('?mount='));
  assert.deepEqual(mounts.map(({ status }) => status()), mounts.map(() => 201));
  // One shared layer for coredns/coredns, then three blobs for its second name.
  assert.equal(mounts.length, 4);
  assert.equal(registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/blobs/')).length, 5);
});

test('gets tokens for each repository, and new ones when they run out', async (t) => {
  const { archive, registry, run } = await pushed(t, { tokens: 3 }, USER);
  assert.equal(run.code, 0, run.stderr);
  assertComplete(archive, registry);
  const tokens = registry.requests.filter(({ path }) => path.startsWith('/token'));
  assert.ok(tokens.length > 4, `${tokens.length} tokens`);
  assert.ok(tokens.some(({ path }) => decodeURIComponent(path).includes('scope=repository:cdk/pause:pull,push')));
  assert.ok(tokens.some(({ path }) => decodeURIComponent(path).includes('scope=repository:cdk/coredns:pull,push&scope=repository:cdk/coredns/coredns:pull')));
  assert.ok(registry.requests.filter(({ path }) => !path.startsWith('/token')).every(({ authorization }) => !authorization.startsWith('Basic')), 'the password goes to the token server only');
  assert.doesNotMatch(run.stdout + run.stderr, /eyJhbGciOi|s3cret/);
});

test('a token server that refuses is exit 5', async (t) => {
  const { run } = await pushed(t, { tokens: 3 }, { REGISTRY_USER: 'operator', REGISTRY_PASS: 'guess' });
  assert.equal(run.code, 5);
  assert.match(run.stderr, /refuses the user operator/);
});

test('one broken image does not stop the others; the rerun sends only what is missing', async (t) => {
  let broken = true;
  const script: Script = { fault: (method, path) => (broken && method === 'PUT' && path.startsWith('/v2/cdk/pause/blobs/') ? 500 : undefined) };
  const { archive, registry, run, again } = await pushed(t, script);
  assert.equal(run.code, 6);
  assert.match(run.stdout, /1 pushed .* 1 failed\nfailed: cdk\/pause:3\.9: blob sha256:[0-9a-f]{64} to cdk\/pause: status 500 .*scripted 500/);
  assert.ok(registry.manifests.has('cdk/coredns:v1.9.4'));
  assert.ok(!registry.manifests.has('cdk/pause:3.9'), 'no manifest before its blobs');
  broken = false;
  const before = registry.requests.length;
  const second = await again();
  assert.equal(second.code, 0, second.stderr);
  assertComplete(archive, registry);
  assert.match(second.stdout, /1 pushed .* 1 already there, 0 failed/);
  assert.ok(registry.requests.slice(before).every(({ method, path }) => method === 'HEAD' || method === 'GET' || path.startsWith('/v2/cdk/pause/')));
});

test('a connection that breaks in the middle of a blob is tried again', async (t) => {
  const cut = (method: string, path: string, count: number): 'cut' | undefined => (method === 'PUT' && path.endsWith('/uploads/u-1') && count === 1 ? 'cut' : undefined);
  const { archive, registry, run } = await pushed(t, { fault: cut }, { SHRINKWRAP_RETRIES: '2' }, [PAUSE]);
  assert.equal(run.code, 0, run.stderr);
  assertComplete(archive, registry);
});

test('a registry that stores other bytes is found out', async (t) => {
  const { run } = await pushed(t, { corrupt: true }, {}, [PAUSE]);
  assert.equal(run.code, 6);
  assert.match(run.stdout, /cdk\/pause:3\.9 has the digest sha256:[0-9a-f]{64} in the registry, not sha256:/);
  const silent = await pushed(t, { corrupt: true, silent: true }, {}, [PAUSE]);
  assert.equal(silent.run.code, 6, 'also when it sends no digest');
});

test('reads the manifest itself when the registry sends no digest', async (t) => {
  const { archive, registry, run, again } = await pushed(t, { silent: true });
  assert.equal(run.code, 0, run.stderr);
  assertComplete(archive, registry);
  assert.match((await again()).stdout, /0 pushed .* 2 already there/);
});

test('an interrupted run leaves nothing behind and nothing running', async (t) => {
  const archive = buildKitArchive({ images: [PAUSE] });
  t.after(() => archive.remove());
  let pid = 0;
  const interrupt = (method: string): 'stall' | undefined => (method === 'PUT' && process.kill(pid, 'SIGTERM') ? 'stall' : undefined);
  const registry = await scriptedRegistry(t, { fault: interrupt });
  const run = await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address }, (started) => (pid = started));
  assert.equal(run.code, 143);
  assert.equal(registry.stalled.length, 1);
  await Promise.all(registry.stalled);
  assert.deepEqual(readdirSync(join(archive.beside, 'tmp')), []);
  assert.ok(!registry.manifests.has('cdk/pause:3.9'));
  assert.ok(!existsSync(join(archive.root, 'overlays')));
});

test('a blob or manifest with other bytes than its digest never leaves the machine', async (t) => {
  const wrong = `sha256:${'0'.repeat(64)}`;
  const { registry, run } = await pushed(t, {}, {}, [{ ...PAUSE, digest: wrong }, COREDNS]);
  assert.equal(run.code, 6);
  assert.match(run.stdout, /failed: cdk\/pause:3\.9: sha256:0{64} is missing from the image file/);
  assert.ok(!registry.requests.some(({ method, path }) => method !== 'HEAD' && path.includes('/cdk/pause/')));
  assert.ok(registry.manifests.has('cdk/coredns:v1.9.4'));
});

test('a redirect to the storage means that the blob is there', async (t) => {
  const twice = { ...PAUSE, targets: 'pause:3.9,pause:latest' };
  const { archive, registry, run } = await pushed(t, { redirect: true, fault: (method, path, count) => (method === 'PUT' && path.endsWith('/3.9') && count <= 2 ? 400 : undefined) }, {}, [twice]);
  assert.equal(run.code, 6);
  const before = registry.requests.length;
  const again = await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address, REGISTRY_MIRRORS: 'none' });
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(registry.requests.slice(before).filter(({ method }) => method === 'POST'), []);
});

test('a layer that several images share travels once, however many are pushed at a time', async (t) => {
  const images = [1, 2, 3, 4, 5].map((number) => ({ image: `quay.io/i/i${number}:1`, targets: `i/i${number}:1`, layers: ['shared', `own ${number}`] }));
  const archive = buildKitArchive({ images });
  t.after(() => archive.remove());
  const registry = await scriptedRegistry(t);
  const run = await deploySh(archive, ['images', '--jobs', '5'], { DOCKER_REGISTRY: registry.address });
  assert.equal(run.code, 0, run.stderr);
  assertComplete(archive, registry);
  // Five configs, five layers of their own, one shared.
  assert.equal(registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/blobs/')).length, 11);
});
