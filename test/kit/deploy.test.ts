// deploy.sh deploy, all and the printed texts, with a stand-in juju that writes down what it is told. For snaps see snaps.test.ts.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type KitArchive, type KitOptions, PAUSE, buildKitArchive } from '../support/kit-archive.ts';
import { scriptedRegistry } from '../support/kit-registry.ts';
import { type Run, deploySh, standIn } from '../support/kit-run.ts';

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

const commands = ({ stdout }: Run): string[] => stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const HTTPS = { DOCKER_REGISTRY: 'reg.lan:5000', REGISTRY_SCHEME: 'https' };

for (const version of ['2.9.49-ubuntu-amd64', '3.6.8-genericlinux-amd64']) {
  test(`juju ${version}: prints the one line, and --yes runs exactly that in the archive`, async (t) => {
    const archive = archiveFor(t);
    const juju = standIn(archive, 'bin/juju', { when: 'version', output: version });
    const env = { ...HTTPS, JUJU: juju.path, JUJU_MODEL: 'admin/ck' };
    const printed = await deploySh(archive, ['deploy'], env);
    assert.equal(printed.code, 0, printed.stderr);
    assert.deepEqual(commands(printed), [`${juju.path} deploy -m admin/ck ./bundle.yaml --overlay ./overlays/registry.yaml --trust`]);
    assert.ok(printed.stdout.includes('./deploy.sh model-config'), printed.stdout);
    assert.deepEqual(juju.calls(), []);
    assert.ok('overlays/registry.yaml' in archive.snapshot());
    const run = await deploySh(archive, ['deploy', '--yes'], env);
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(juju.calls(), [[archive.root, 'deploy', '-m', 'admin/ck', './bundle.yaml', '--overlay', './overlays/registry.yaml', '--trust']]);
  });
}

test('without registry, model and trust the line is the shortest', async (t) => {
  const archive = archiveFor(t, { archive: { trust: 'no' } });
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  assert.deepEqual(commands(await deploySh(archive, ['deploy'], { JUJU: juju.path })), [`${juju.path} deploy ./bundle.yaml`]);
});

test('an overlay rendered before is used when no registry is named', async (t) => {
  const archive = archiveFor(t);
  assert.equal((await deploySh(archive, ['render'], HTTPS)).code, 0);
  const run = await deploySh(archive, ['deploy']);
  assert.deepEqual(commands(run), ['no-juju-here deploy ./bundle.yaml --overlay ./overlays/registry.yaml --trust']);
  assert.match(run.stderr, /used as it was rendered before/);
});

test('another architecture than amd64 is set on the model first', async (t) => {
  const archive = archiveFor(t, { archive: { archs: 'arm64' } });
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  const run = await deploySh(archive, ['deploy', '--yes'], { JUJU: juju.path, JUJU_MODEL: 'm' });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(commands(run), [`${juju.path} set-model-constraints -m m arch=arm64`, `${juju.path} deploy -m m ./bundle.yaml --trust`]);
  assert.deepEqual(juju.calls().map((call) => call.slice(1)), [['set-model-constraints', '-m', 'm', 'arch=arm64'], ['deploy', '-m', 'm', './bundle.yaml', '--trust']]);
  const both = archiveFor(t, { archive: { archs: 'amd64,arm64' } });
  const hint = await deploySh(both, ['deploy'], { JUJU: juju.path });
  assert.equal(commands(hint).length, 1);
  assert.match(hint.stdout, /^# for another architecture out of amd64,arm64: JUJU_ARCH=ARCH \.\/deploy\.sh deploy$/m);
});

test('of an archive for several architectures JUJU_ARCH chooses one, with the bundle that has its charms', async (t) => {
  const archive = archiveFor(t, { archive: { archs: 'arm64,amd64,s390x' }, files: { 'bundle_amd64.yaml': 'applications: {}\n' } });
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  const lines = async (env: Record<string, string>): Promise<string[]> => {
    const run = await deploySh(archive, ['deploy'], { JUJU: juju.path, ...env });
    assert.equal(run.code, 0, run.stderr);
    return commands(run).map((line) => line.slice(juju.path.length + 1));
  };
  assert.deepEqual(await lines({}), ['set-model-constraints arch=arm64', 'deploy ./bundle.yaml --trust']);
  assert.deepEqual(await lines({ JUJU_ARCH: 'amd64' }), ['deploy ./bundle_amd64.yaml --trust']);
  assert.deepEqual(await lines({ JUJU_ARCH: 's390x' }), ['set-model-constraints arch=s390x', 'deploy ./bundle.yaml --trust']);
  const other = await deploySh(archive, ['deploy'], { JUJU: juju.path, JUJU_ARCH: 'ppc64el' });
  assert.equal(other.code, 2);
  assert.match(other.stderr, /JUJU_ARCH=ppc64el: this archive was packed for arm64,amd64,s390x/);
});

test('juju 4 is refused with 8 before anything is written, and let through by --force-juju', async (t) => {
  const archive = archiveFor(t);
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '4.0.1-genericlinux-amd64' });
  const before = archive.snapshot();
  const refused = await deploySh(archive, ['deploy', '--yes'], { ...HTTPS, JUJU: juju.path });
  assert.equal(refused.code, 8);
  assert.deepEqual(juju.calls(), []);
  assert.deepEqual(archive.snapshot(), before);
  assert.equal((await deploySh(archive, ['deploy', '--yes', '--force-juju'], { ...HTTPS, JUJU: juju.path })).code, 0);
  assert.equal(juju.calls().length, 1);
});

test('a juju that fails is exit 9 and its own code is told; a missing one is 3 with --yes', async (t) => {
  const archive = archiveFor(t);
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8', code: 42 });
  const run = await deploySh(archive, ['deploy', '--yes'], { JUJU: juju.path });
  assert.equal(run.code, 9);
  assert.match(run.stderr, /deploy \.\/bundle\.yaml --trust ended with exit code 42/);
  assert.equal((await deploySh(archive, ['deploy', '--yes'])).code, 3);
});

test('all checks, pushes, renders and deploys; it stops at the first error', async (t) => {
  const archive = archiveFor(t);
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  const registry = await scriptedRegistry(t);
  const env = { DOCKER_REGISTRY: registry.address, JUJU: juju.path };
  archive.put('stranger', 'x');
  const stopped = await deploySh(archive, ['all', '--yes'], env);
  assert.equal(stopped.code, 4);
  assert.equal(registry.manifests.size, 0);
  rmSync(join(archive.root, 'stranger'));
  const run = await deploySh(archive, ['all', '--yes'], env);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(registry.manifests.size, 4);
  assert.deepEqual(juju.calls().map((call) => call.slice(1)), [['model-config', '--file', './model-config.yaml'], ['deploy', './bundle.yaml', '--overlay', './overlays/registry.yaml', '--trust']]);
  const half = await scriptedRegistry(t, { fault: (method) => (method === 'PUT' ? 403 : undefined) });
  assert.equal((await deploySh(archive, ['all', '--yes'], { ...env, DOCKER_REGISTRY: half.address })).code, 6);
  assert.equal(juju.calls().length, 2);
});

test('without arguments: says what is in it and what to do, and changes nothing', async (t) => {
  const archive = archiveFor(t, { files: { 'charms/calico_r1.charm': 'x', 'charms/etcd_r2.charm': 'y' } });
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  const before = archive.snapshot();
  const run = await deploySh(archive, [], { JUJU: juju.path });
  assert.equal(run.code, 0);
  assert.match(run.stdout, /^charmed-kubernetes 1\.26\/stable\nfor amd64, ubuntu@22\.04\npacked 2024-11-21T00:00:00Z, shrinkwrap-archive\/1\n/);
  assert.match(run.stdout, /^ +2 charms$/m);
  assert.match(run.stdout, /^ +2 images, 0\.0 MiB$/m);
  assert.match(run.stdout, /DOCKER_REGISTRY=registry\.example:5000 \.\/deploy\.sh images/);
  assert.deepEqual(archive.snapshot(), before);
  assert.deepEqual(juju.calls(), []);
});

test('help lists every flag, setting and exit code; nonsense is exit 2', async (t) => {
  const archive = archiveFor(t, { images: [PAUSE] });
  const help = await deploySh(archive, ['help']);
  assert.equal(help.code, 0);
  for (const word of ['--dry-run', '--yes', '--only', '--jobs', '--with', '--force-juju', '--save-docker', '--load', '--containerd', '--skip', '--apply', '-q', '-v', 'DOCKER_REGISTRY', 'REGISTRY_MIRRORS', '9 juju failed']) assert.ok(help.stdout.includes(word), word);
  assert.equal((await deploySh(archive, ['version'])).code, 0);
  for (const args of [['--bogus'], ['bogus'], ['check', 'images'], ['--jobs', '0', 'check'], ['--jobs'], ['--with', 'crane', 'images'], ['--skip', 'nothing', 'check'], ['--load', '--containerd', 'images'], ['--save-docker'], ['--only', '', 'images']]) {
    const run = await deploySh(archive, args);
    assert.equal(run.code, 2, args.join(' '));
    assert.equal(run.stdout, '');
  }
});

test('an archive without images or bundle says so', async (t) => {
  const archive = archiveFor(t, { images: [] });
  rmSync(join(archive.root, 'containers'), { recursive: true });
  assert.equal((await deploySh(archive, ['images'], HTTPS)).code, 4, 'it was packed with a table of images');
  archive.seal();
  const none = await deploySh(archive, ['images'], HTTPS);
  assert.equal(none.code, 0);
  assert.match(none.stdout, /packed without images/);
  // Without images no registry is needed.
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  const all = await deploySh(archive, ['all', '--yes'], { JUJU: juju.path });
  assert.equal(all.code, 0, all.stderr);
  assert.deepEqual(juju.calls().map(([, command]) => command), ['model-config', 'deploy']);
  rmSync(join(archive.root, 'bundle.yaml'));
  assert.equal((await deploySh(archive, ['deploy'], HTTPS)).code, 4);
});
