// Nothing that stands in a data file or in the environment is ever run, and nothing leaves the places it belongs to.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { type KitArchive, type KitOptions, PAUSE, buildKitArchive } from '../support/kit-archive.ts';
import { scriptedRegistry } from '../support/kit-registry.ts';
import { deploySh, standIn } from '../support/kit-run.ts';

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

const HTTPS = { DOCKER_REGISTRY: 'reg.lan:5000', REGISTRY_SCHEME: 'https' };

test('rows of images.tsv with hostile fields are refused one by one, the others are pushed', async (t) => {
  const evil = '$(touch owned)`touch owned`;touch owned #';
  const images = [
    { ...PAUSE, image: `quay.io/${evil}:1`, targets: `${evil}:1`, file: 'containers/a.tgz' },
    { ...PAUSE, image: '-rf', targets: '-rf:1', file: 'containers/b.tgz' },
    { ...PAUSE, image: 'dots', targets: '../../etc/passwd:1', file: 'containers/c.tgz' },
    { ...PAUSE, image: 'query', targets: 'x?mount=1:1', file: 'containers/d.tgz' },
    { ...PAUSE, image: 'type', targets: 'e:1', file: 'containers/e.tgz', mediaType: 'application/x; touch owned' },
    { ...PAUSE, image: 'digest', targets: 'f:1', file: 'containers/f.tgz', digest: 'sha256:../../../etc/passwd' },
    { ...PAUSE, image: 'file', targets: 'g:1', file: 'containers/../bundle.yaml' },
    { ...PAUSE, image: 'colour\u001b[2J', targets: 'UPPER:1', file: 'containers/h.tgz' },
    { ...PAUSE, image: 'spaces', targets: 'sp/aced:1', file: "containers/it's $(touch owned) -- \"x\" *.tgz" },
    { ...PAUSE, image: 'dash', targets: 'dash:1', file: 'containers/--checkpoint-action=exec=sh.tgz' },
  ];
  const archive = archiveFor(t, { images });
  const registry = await scriptedRegistry(t);
  const run = await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address });
  assert.equal(run.code, 6, run.stderr);
  assert.match(run.stdout, /10 images .* 2 pushed .* 8 failed/);
  assert.deepEqual([...registry.manifests.keys()].toSorted(), ['cdk/dash:1', 'cdk/sp/aced:1']);
  assert.doesNotMatch(run.stdout + run.stderr, /\u001b/);
  const dry = await deploySh(archive, ['images', '--dry-run'], { DOCKER_REGISTRY: registry.address });
  assert.equal(dry.code, 0);
  assert.ok(!existsSync(join(archive.beside, 'owned')) && !existsSync(join(archive.root, 'owned')));
});

test('a table with another header, a short row or an empty field is exit 4', async (t) => {
  const archive = archiveFor(t, { images: [PAUSE] });
  const good = readFileSync(join(archive.root, 'containers/images.tsv'), 'utf8');
  for (const bad of [good.replace('image\t', 'name\t'), good.replace(/\t-\t/, '\t\t'), good.replace(/\t[^\t]*\n$/, '\n'), good.replace(/\n$/, '\textra\n'), '']) {
    archive.put('containers/images.tsv', bad);
    assert.equal((await deploySh(archive, ['images', '--dry-run'], HTTPS)).code, 4, bad);
  }
});

test('an image file that links out of its directory or hides a blob is refused', async (t) => {
  const archive = archiveFor(t, { images: [PAUSE] });
  const registry = await scriptedRegistry(t);
  const hex = archive.images[0]?.digest.slice(7) ?? '';
  const dir = join(archive.beside, 'forged');
  execFileSync('/bin/sh', ['-c', 'mkdir -p "$1/blobs/sha256" && ln -s /etc/passwd "$1/blobs/sha256/$2"', 'sh', dir, hex]);
  archive.put('containers/pause_3.9.tgz', gzipSync(execFileSync('tar', ['-cf', '-', '-C', dir, 'blobs'])));
  const linked = await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address });
  assert.equal(linked.code, 6);
  assert.match(linked.stdout, /is missing from the image file/);
  archive.put('containers/pause_3.9.tgz', 'no gzip');
  assert.match((await deploySh(archive, ['images'], { DOCKER_REGISTRY: registry.address })).stdout, /cannot unpack containers\/pause_3\.9\.tgz/);
  assert.ok(registry.requests.every(({ method }) => method === 'HEAD' || method === 'GET'));
});

test('names of applications and values of the archive are text, to YAML and to juju', async (t) => {
  const evil = `$(touch owned)'"; touch owned`;
  const archive = archiveFor(t, { options: [[evil, '`touch owned`: {', 'image', "a'b:1"]], archive: { name: evil, archs: `arm64 $(touch owned)`, channel: '\u001b]0;x' } });
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '3.6.8' });
  const run = await deploySh(archive, ['deploy', '--yes'], { ...HTTPS, JUJU: juju.path, JUJU_MODEL: '$(touch owned)' });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(parse(readFileSync(join(archive.root, 'overlays/registry.yaml'), 'utf8')), { applications: { [evil]: { options: { '`touch owned`: {': "reg.lan:5000/cdk/a'b:1" } } } });
  assert.deepEqual(juju.calls()[0]?.slice(1), ['set-model-constraints', '-m', '$(touch owned)', 'arch=arm64 $(touch owned)']);
  const plan = await deploySh(archive, []);
  assert.doesNotMatch(plan.stdout, /\u001b/);
  assert.ok(!existsSync(join(archive.beside, 'owned')) && !existsSync(join(archive.root, 'owned')));
});

test('the password is in no argument list of any program', async (t) => {
  const archive = archiveFor(t, { images: [PAUSE] });
  const registry = await scriptedRegistry(t, { tokens: 5 });
  const record = join(archive.beside, 'arguments');
  for (const tool of ['curl', 'base64', 'sed', 'grep', 'awk', 'mktemp', 'cp', 'cat', 'mv']) {
    const { path } = standIn(archive, `spy/${tool}`, { when: '', output: '' });
    const real = execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    writeFileSync(path, `#!/bin/bash\nprintf '%s\\n' "\${0##*/} $*" "$(</proc/self/environ)" 2>/dev/null >>'${record}'\nexec ${real} "$@"\n`);
  }
  const env = { DOCKER_REGISTRY: registry.address, REGISTRY_USER: 'operator', REGISTRY_PASS: 's3cret pass:word', PATH: `${join(archive.beside, 'spy')}:/usr/bin:/bin` };
  const run = await deploySh(archive, ['images'], env);
  assert.equal(run.code, 0, run.stderr);
  const seen = readFileSync(record, 'utf8').split('\n');
  assert.ok(seen.some((line) => /^curl .*\/v2\/cdk\/pause\/manifests\/3\.9$/.test(line)));
  assert.deepEqual(seen.filter((line) => /s3cret|b3BlcmF0b3I6|eyJhbGciOi/.test(line)), []);
  assert.deepEqual(readdirSync(join(archive.beside, 'tmp')), [], 'the files that held it are gone');
});
