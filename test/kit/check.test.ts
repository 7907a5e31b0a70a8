// deploy.sh check: finds what is wrong with the archive, the machine, the registry and juju, and tells all of it.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type KitArchive, type KitOptions, buildKitArchive } from '../support/kit-archive.ts';
import { hasPeer } from '../support/kit-registry.ts';
import { PATH, deploySh, standIn } from '../support/kit-run.ts';

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

test('an untouched archive is well, wherever it lies', async (t) => {
  const run = await deploySh(archiveFor(t, { top: "it's $(id) & *" }), ['check']);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout, 'check: all is well\n');
});

test('one altered byte, one missing and one unlisted file are all told, exit 4', async (t) => {
  const archive = archiveFor(t, { files: { 'charms/x_r1.charm': 'charm', 'sources/a.json': '{}' } });
  appendFileSync(join(archive.root, 'bundle.yaml'), ' ');
  rmSync(join(archive.root, 'charms/x_r1.charm'));
  archive.put('overlays/.hidden/evil $(id).yaml', 'x');
  symlinkSync('/etc/passwd', join(archive.root, 'overlays/link.yaml'));
  const run = await deploySh(archive, ['check']);
  assert.equal(run.code, 4);
  assert.match(run.stderr, /^error: bundle\.yaml: altered$/m);
  assert.match(run.stderr, /^error: charms\/x_r1\.charm: missing$/m);
  assert.match(run.stderr, /^error: overlays\/\.hidden\/evil \$\(id\)\.yaml: not in SHA256SUMS$/m);
  assert.match(run.stderr, /^error: overlays\/link\.yaml: a symbolic link; the archive has none$/m);
  assert.equal(run.stdout, '');
});

test('what the kit itself writes is not unlisted, nor is the archive that was unpacked beside itself', async (t) => {
  const archive = archiveFor(t);
  archive.put('1.26-stable-2026-11-21.tar.gz', 'x');
  archive.put('overlays/registry.yaml', 'applications: {}\n');
  archive.put('.state/images', '');
  archive.put('logs/yesterday', '');
  archive.put('deploy.log', '');
  const run = await deploySh(archive, ['check'], { SHRINKWRAP_LOG: join(archive.root, 'messages') });
  assert.equal(run.code, 0, run.stderr);
});

test('an archive without SHA256SUMS, with an empty or a malformed one is exit 4', async (t) => {
  const archive = archiveFor(t);
  archive.put('SHA256SUMS', 'not a checksum\n');
  assert.equal((await deploySh(archive, ['check'])).code, 4);
  archive.put('SHA256SUMS', '');
  assert.equal((await deploySh(archive, ['check'])).code, 4);
  rmSync(join(archive.root, 'SHA256SUMS'));
  const run = await deploySh(archive, ['check']);
  assert.equal(run.code, 4);
  assert.match(run.stderr, /SHA256SUMS is missing/);
});

test('all reasons are told, the first kind decides', async (t) => {
  const archive = archiveFor(t, { archive: { juju_min: '3.1' } });
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '2.9.49-ubuntu-amd64' });
  const env = { DOCKER_REGISTRY: '127.0.0.1:1', JUJU: juju.path };
  const two = await deploySh(archive, ['check'], env);
  assert.equal(two.code, 5);
  assert.match(two.stderr, /127\.0\.0\.1:1/);
  assert.match(two.stderr, /juju 2\.9\.49-ubuntu-amd64 is too old: the charms of this archive need 3\.1 or later/);
  archive.put('stranger', '');
  assert.equal((await deploySh(archive, ['check'], env)).code, 4);
});

test('a clock that is behind the day of packing is told', async (t) => {
  const run = await deploySh(archiveFor(t, { created: '2999-01-31T00:00:00Z' }), ['check']);
  assert.equal(run.code, 1);
  assert.match(run.stderr, /^error: the clock of this machine says \d{4}-\d\d-\d\d: the archive was packed later, on 2999-01-31; set the time$/m);
});

test('names without an address are told, each once', async (t) => {
  const env = { DOCKER_REGISTRY: 'registry.invalid:5000', APT_MIRROR_URL: 'http://mirror.invalid/ubuntu', CHARMHUB_URL: 'https://mirror.invalid' };
  const run = await deploySh(archiveFor(t), ['check', '--skip', 'registry'], env);
  assert.equal(run.code, 1);
  assert.deepEqual(run.stderr.match(/^error: .*$/gm), [
    'error: no address is known for registry.invalid',
    'error: no address is known for mirror.invalid',
  ]);
});

test('a CA that is none is told before anything is sent', async (t) => {
  if (!hasPeer(t, 'openssl', 'openssl')) return;
  const archive = archiveFor(t);
  archive.put('../ca.pem', 'no certificate');
  const run = await deploySh(archive, ['check', '--skip', 'names,registry'], { DOCKER_REGISTRY: '127.0.0.1:1', REGISTRY_CA: 'ca.pem' });
  assert.equal(run.code, 5);
  assert.match(run.stderr, /^error: REGISTRY_CA: .*ca\.pem has expired or is no certificate$/m);
});

test('a missing tool is named, exit 3', async (t) => {
  const archive = archiveFor(t);
  const bin = join(archive.beside, 'few');
  mkdirSync(bin);
  for (const tool of ['bash', 'env', 'dirname', 'awk', 'tar', 'gzip', 'sed', 'sha256sum', 'base64', 'mktemp', 'df', 'sort', 'head', 'tr', 'cut', 'stat', 'rm', 'date']) {
    symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
  }
  const run = await deploySh(archive, ['check'], { PATH: bin });
  assert.equal(run.code, 3, run.stderr);
  assert.match(run.stderr, /^error: not installed on this machine: curl$/m);
  assert.match(run.stderr, /^error: not installed on this machine: grep$/m);
});

test('too little room for unpacking images is told before they are pushed', async (t) => {
  const archive = archiveFor(t);
  archive.put('bin/df', '#!/bin/bash\nprintf "F 1024-blocks Used Available Capacity Mounted\\nx 1 1 0 100%% /\\n"\n');
  const { path } = standIn(archive, 'less/df', { when: '-Pk', output: 'F 1024-blocks Used Available Capacity M\nx 1 1 0 100% /' });
  rmSync(join(archive.root, 'bin'), { recursive: true });
  const run = await deploySh(archive, ['check'], { PATH: `${join(path, '..')}:${PATH}` });
  assert.equal(run.code, 1);
  assert.match(run.stderr, /has 0 MiB free, unpacking images needs 1 MiB/);
});

for (const [version, minimum, code] of [
  ['2.9.49-ubuntu-amd64', '2.9', 0],
  ['2.9.49-ubuntu-amd64', '3.1', 8],
  ['2.8.1-focal-amd64', '2.9', 8],
  ['3.0.3-genericlinux-amd64', '3.1', 8],
  ['3.6.8-genericlinux-amd64', '3.1', 0],
  ['3.10.0-genericlinux-amd64', '3.1', 0],
  ['4.0.1-genericlinux-amd64', '3.1', 8],
  ['unknown', '2.9', 8],
] as const) {
  test(`juju ${version} for an archive that needs ${minimum}: exit ${code}`, async (t) => {
    const archive = archiveFor(t, { images: [], archive: { juju_min: minimum } });
    const juju = standIn(archive, 'bin/juju', { when: 'version', output: version });
    assert.equal((await deploySh(archive, ['check'], { JUJU: juju.path })).code, code);
    assert.equal((await deploySh(archive, ['check', '--force-juju'], { JUJU: juju.path })).code, 0);
    assert.deepEqual(juju.calls(), []);
  });
}

test('a juju snap cannot read an archive outside the home directory or in a hidden one', async (t) => {
  const archive = archiveFor(t, { images: [] });
  const juju = standIn(archive, 'snap/bin/juju', { when: 'version', output: '3.6.8-genericlinux-amd64' });
  const env = { PATH: `${join(juju.path, '..')}:${PATH}`, JUJU: 'juju' };
  const outside = await deploySh(archive, ['check'], env);
  assert.equal(outside.code, 8);
  assert.match(outside.stderr, /juju is a snap and cannot read .*charmed-kubernetes-1\.26/);
  assert.equal((await deploySh(archive, ['check'], { ...env, HOME: archive.beside })).code, 0);
  const hidden = archiveFor(t, { images: [], top: '.hidden' });
  assert.equal((await deploySh(hidden, ['check'], { ...env, HOME: hidden.beside })).code, 8);
});
