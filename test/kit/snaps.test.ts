// deploy.sh snaps: the list, the installation on this machine, and what can and cannot be pushed into a store.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type KitArchive, type KitOptions, buildKitArchive } from '../support/kit-archive.ts';
import { PATH, deploySh } from '../support/kit-run.ts';

const ARCH = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? 'amd64';
const OTHER = 'riscv64';

interface Row {
  readonly arch?: string;
  readonly channel?: string;
  readonly confinement?: string;
  readonly order: number;
  readonly revision?: number;
}

const snap = (name: string, { arch = ARCH, channel = 'latest/stable', confinement = 'strict', order, revision = 7 }: Row): string[] => {
  const stem = `snaps/${name}_${revision}_${arch}`;
  return [name, String(revision), arch, channel, '-', 'app', confinement, String(order), `${stem}.snap`, `${stem}.assert`, 'aa', '1'];
};

const SNAPS = [
  snap('kubectl', { confinement: 'classic', order: 10, channel: '1.26/stable' }),
  snap('themes', { order: 3 }),
  snap('core22', { order: 2 }),
  snap('core22', { order: 2, arch: OTHER }),
  snap('snapd', { order: 1 }),
  snap('kubectl', { confinement: 'classic', order: 10, channel: '1.26/candidate' }),
];

function archiveFor(t: TestContext, options: KitOptions = { snaps: SNAPS }): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

/** A program that writes its arguments down; `list` knows the given revisions, the first argument `fails` fails. */
function program(archive: KitArchive, name: string, { list = {}, fails = '' }: { list?: Record<string, string>; fails?: string } = {}): () => string[] {
  const bin = join(archive.beside, 'bin');
  mkdirSync(bin, { recursive: true });
  const record = join(archive.beside, `${name}.calls`);
  writeFileSync(record, '');
  const known = Object.entries(list).map(([known, revision]) => `${known}) printf 'Name  Version  Rev  Tracking  Publisher  Notes\\n%s  v1  %s  -  canonical  -\\n' ${known} ${revision}; exit 0 ;;`);
  const listing = `if [ "$1" = list ]; then case $3 in ${known.join(' ')} esac; echo "error: no matching snaps installed" >&2; exit 1; fi\n`;
  writeFileSync(join(bin, name), `#!/bin/bash\n${listing}printf '%s\\n' "$*" >>'${record}'\n[ "$1" != '${fails}' ] || exit 1\n`);
  chmodSync(join(bin, name), 0o755);
  return () => readFileSync(record, 'utf8').split('\n').filter((line) => line !== '');
}

/** sudo runs what it is told, so that the tests are the same for root and for others. */
function sudo(archive: KitArchive): void {
  const bin = join(archive.beside, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'sudo'), '#!/bin/bash\nexec "$@"\n');
  chmodSync(join(bin, 'sudo'), 0o755);
}

const env = (archive: KitArchive): Record<string, string> => ({ PATH: `${join(archive.beside, 'bin')}:${PATH}` });
const file = (name: string, end: string): string => `./snaps/${name}_7_${ARCH}.${end}`;
const bothOf = (name: string, flags = ''): string[] => [`ack ${file(name, 'assert')}`, `install ${flags}${file(name, 'snap')}`];

test('snaps lists them and changes nothing', async (t) => {
  const archive = archiveFor(t);
  const calls = program(archive, 'snap');
  const { code, stdout } = await deploySh(archive, ['snaps'], env(archive));
  assert.equal(code, 0);
  assert.ok(stdout.includes(`\nkubectl 7 ${ARCH} 1.26/stable snaps/kubectl_7_${ARCH}.snap snaps/kubectl_7_${ARCH}.assert\n`), stdout);
  assert.deepEqual(calls(), []);
});

test('snaps --install acknowledges and installs in order, those of this machine only, each once', async (t) => {
  const archive = archiveFor(t);
  sudo(archive);
  const calls = program(archive, 'snap');
  const run = await deploySh(archive, ['snaps', '--install'], env(archive));
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(calls(), ['wait system seed.loaded', ...bothOf('snapd'), ...bothOf('core22'), ...bothOf('themes'), ...bothOf('kubectl', '--classic ')]);
});

test('snaps --install again installs nothing, an older revision anew, an unasserted one too', async (t) => {
  const archive = archiveFor(t);
  sudo(archive);
  const calls = program(archive, 'snap', { list: { snapd: '7', core22: '8', themes: '6', kubectl: 'x1' } });
  const run = await deploySh(archive, ['snaps', '--install'], env(archive));
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(calls(), ['wait system seed.loaded', ...bothOf('themes'), ...bothOf('kubectl', '--classic ')]);
  assert.match(run.stderr, /snapd: revision 7 is installed\ncore22: revision 8 is installed/);
});

test('snaps --install --only takes some, --dry-run none', async (t) => {
  const archive = archiveFor(t);
  sudo(archive);
  const calls = program(archive, 'snap');
  const dry = await deploySh(archive, ['snaps', '--install', '--dry-run', '--only', 'core'], env(archive));
  assert.deepEqual([dry.code, calls()], [0, []]);
  assert.match(dry.stdout, /^\+ (?:sudo )?snap ack \.\/snaps\/core22_7_\S+\.assert$/m);
  await deploySh(archive, ['snaps', '--install', '--only', 'core'], env(archive));
  assert.deepEqual(calls().slice(1), bothOf('core22'));
});

test('snaps --install stops at the first failure, and says what a foreign root has to do with it', async (t) => {
  const archive = archiveFor(t);
  sudo(archive);
  const calls = program(archive, 'snap', { fails: 'ack' });
  const plain = await deploySh(archive, ['snaps', '--install'], env(archive));
  assert.deepEqual([plain.code, calls().length], [7, 2]);
  assert.doesNotMatch(plain.stderr, /root/);
  archive.put('snaps/trust/root-1.assert', 'type: account\n');
  const foreign = await deploySh(archive, ['snaps', '--install'], env(archive));
  assert.equal(foreign.code, 7);
  assert.match(foreign.stderr, /warning: this archive was packed with roots of its own \(snaps\/trust\)/);
  assert.match(foreign.stderr, /if it rests on a root of snaps\/trust, this snapd cannot be made to trust it/);
  program(archive, 'snap', { fails: 'install' });
  assert.equal((await deploySh(archive, ['snaps', '--install'], env(archive))).code, 7);
});

test('snaps --push without export files prints the exporter lines with names, channels and architectures', async (t) => {
  const archive = archiveFor(t);
  const { code, stdout, stderr } = await deploySh(archive, ['snaps', '--push'], env(archive));
  assert.equal(code, 7);
  assert.deepEqual(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')), [
    `store-admin export snaps kubectl --channel=1.26/stable --arch=${ARCH} --export-dir store-exports`,
    `store-admin export snaps themes core22 snapd --channel=latest/stable --arch=${ARCH} --export-dir store-exports`,
    `store-admin export snaps core22 --channel=latest/stable --arch=${OTHER} --export-dir store-exports`,
    `store-admin export snaps kubectl --channel=1.26/candidate --arch=${ARCH} --export-dir store-exports`,
  ]);
  assert.match(stdout, /The \.snap and \.assert files of this archive cannot be\n# pushed into it/);
  assert.match(stderr, /nothing to push/);
});

test('snaps --push hands the export files to the store, and needs a store for it', async (t) => {
  const archive = archiveFor(t);
  sudo(archive);
  const exports = join(archive.beside, 'exports');
  mkdirSync(exports);
  for (const name of ['kubectl-20261121T100000.tar.gz', 'core22-20261121T100000.tar.gz']) writeFileSync(join(exports, name), 'x');
  const settings = { ...env(archive), STORE_EXPORTS: exports };
  const none = await deploySh(archive, ['snaps', '--push'], settings);
  assert.deepEqual([none.code, /enterprise-store or snap-store-proxy/.test(none.stderr)], [3, true]);
  for (const name of ['mkdir', 'cp', 'rm']) program(archive, name);
  const calls = program(archive, 'enterprise-store');
  const copies = join(archive.beside, 'cp.calls');
  const run = await deploySh(archive, ['snaps', '--push'], { ...settings, SHRINKWRAP_LOG: '' });
  assert.equal(run.code, 0, run.stderr);
  const at = (name: string): string => `/var/snap/enterprise-store/common/snaps-to-push/${name}-20261121T100000.tar.gz`;
  assert.deepEqual(calls(), [`push-snap ${at('core22')} --push-channel-map`, `push-snap ${at('kubectl')} --push-channel-map`]);
  assert.match(readFileSync(copies, 'utf8'), /exports\/core22-20261121T100000\.tar\.gz \/var\/snap\/enterprise-store\/common\/snaps-to-push\/core22-/);
  program(archive, 'enterprise-store', { fails: 'push-snap' });
  assert.equal((await deploySh(archive, ['snaps', '--push'], settings)).code, 7);
});

test('snaps takes one of --install and --push', async (t) => assert.equal((await deploySh(archiveFor(t), ['snaps', '--install', '--push'])).code, 2));
