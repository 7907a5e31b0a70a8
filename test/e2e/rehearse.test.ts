/** A rehearsal passes on a whole archive and names what is missing or altered in any other, also when the archive's own lists were made to agree. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder } from '../support/served-world.ts';

const BUNDLE = `series: jammy
name: small
applications:
  kubernetes-worker:
    charm: kubernetes-worker
    channel: 1.26/stable
    num_units: 1
    options:
      channel: 1.26/stable
relations: []
`;

interface Row {
  path: string;
  size: number;
  digests: Record<string, string>;
}

/** One file of each kind; the pattern picks the first match. */
const KINDS: Readonly<Record<string, RegExp>> = {
  charm: /^charms\/.*\.charm$/,
  resource: /^resources\/.*\/cni\.tgz$/,
  snap: /^snaps\/kubelet_.*\.snap$/,
  assertion: /^snaps\/kubectl_.*\.assert$/,
  image: /^containers\/.*coredns.*\.tgz$/,
  'image table': /^containers\/images\.tsv$/,
  'snap table': /^snaps\/snaps\.tsv$/,
  bundle: /^bundle\.yaml$/,
  'kit script': /^kit\/push\.sh$/,
  'kit data': /^kit\/data\/registry-options\.tsv$/,
  'raw answer': /^sources\/charmhub\//,
  'apt table': /^apt\/packages\.tsv$/,
  'entry point': /^deploy\.sh$/,
  'base snap': /^snaps\/core.*\.snap$/,
  readme: /^README\.md$/,
};

describe('a rehearsal', () => {
  let folder: Folder;
  let site: string;

  before(async () => {
    folder = await scratch('rehearse');
    const bundle = await folder.file('bundle.yaml', BUNDLE);
    await folder.file('lists/v1.26.4.txt', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4\n');
    await buildWorld({ bundle, imageLists: join(folder.path, 'lists'), channel: '1.26/stable' }, join(folder.path, 'world'));
    const upstreams = await serveDirs([join(folder.path, 'world')]);
    try {
      const packed = await runCli(['./bundle.yaml', '-d', 'site', '-o', 'small.tar.gz', '--no-cache', ...upstreams.args], { cwd: folder.path });
      assert.equal(packed.code, 0, packed.stderr);
      site = join(folder.path, 'site');
      const bare = await runCli(['./bundle.yaml', '-d', 'bare', '--skip-tar-gz', '--skip-resources', '--skip-snaps', '--no-cache', ...upstreams.args], {
        cwd: folder.path,
      });
      assert.equal(bare.code, 0, bare.stderr);
    } finally {
      await upstreams.close();
    }
  });
  after(() => folder?.remove());

  // An archive that leaves things out by the packer's wish is whole without them.
  for (const what of ['small.tar.gz', 'site', 'bare']) {
    test(`passes on ${what} and says what it proves`, async () => {
      const ran = await runCli(['rehearse', what], { cwd: folder.path });
      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
      assert.match(ran.stdout, /rehearsed: \d+ checks hold/);
      assert.match(ran.stdout, /network (?:was cut|could not be cut)/);
      assert.match(ran.stdout, /cannot prove: your cloud/);
    });
  }

  for (const [kind, pattern] of Object.entries(KINDS)) {
    for (const damage of ['removed', 'altered'] as const) {
      test(`names a ${kind} that was ${damage}, with lists that agree`, async () => {
        const copy = join(folder.path, `${kind.replace(' ', '-')}-${damage}`);
        await cp(site, copy, { recursive: true });
        const path = (await filesOf(copy)).find((each) => pattern.test(each)) ?? assert.fail(`no ${kind}`);
        if (damage === 'removed') await rm(join(copy, path));
        else await alter(join(copy, path));
        await makeListsAgree(copy, path, damage);
        const ran = await runCli(['rehearse', copy], { cwd: folder.path });
        assert.equal(ran.code, 6, ran.stdout + ran.stderr);
        const name = (path.split('/').at(-1) ?? path).replace(/[_.].*$/, '');
        assert.ok(
          ran.stdout.includes(path) || ran.stdout.includes(name) || ran.stderr.includes(path) || ran.stderr.includes(name),
          `${path} is not named:\n${ran.stdout}${ran.stderr}`,
        );
        await rm(copy, { recursive: true });
      });
    }
  }

  test('says so where the network cannot be cut', async () => {
    await folder.file('bin/unshare', '#!/bin/sh\nexit 1\n');
    await chmod(join(folder.path, 'bin/unshare'), 0o755);
    const env = { PATH: `${join(folder.path, 'bin')}:${process.env['PATH'] ?? ''}` };
    const ran = await runCli(['rehearse', 'site', '--json'], { cwd: folder.path, env });
    assert.equal(ran.code, 0, ran.stderr);
    const { ok, network, checks } = JSON.parse(ran.stdout) as { ok: boolean; network: string; checks: { status: string }[] };
    assert.deepEqual({ ok, network }, { ok: true, network: 'not cut' });
    assert.ok(checks.length > 50 && checks.every(({ status }) => status === 'ok'));
  });

  // What is there when each part of a rehearsal is under way.
  for (const [part, sign] of [
    ['unpacking', /\/site\/[^/]+\/charms/],
    ['the scripts', /\/tmp\/shrinkwrap\./],
    ['planning', /\/cache\//],
  ] as const) {
    test(`Ctrl-C during ${part} leaves no file and no process behind`, async () => {
      const temporary = join(folder.path, `interrupted-${part.replace(' ', '-')}`);
      await mkdir(temporary);
      assert.equal(await interruptOnce(temporary, sign, ['rehearse', 'small.tar.gz'], folder.path), 130);
      assert.deepEqual(await readdir(temporary), []);
      assert.deepEqual(await processesBelow(temporary), []);
    });
  }

  test('a missing sum file, a path that is not there, and no archive are clear errors', async () => {
    assert.equal((await runCli(['rehearse', 'absent'], { cwd: folder.path })).code, 3);
    await folder.file('not.tar.gz', 'text');
    assert.equal((await runCli(['rehearse', 'not.tar.gz'], { cwd: folder.path })).code, 3);
    assert.equal((await runCli(['rehearse'], { cwd: folder.path })).code, 2);
  });
});

/** Interrupts the CLI and all of its process group, as a terminal does, once a path like `sign` is below its TMPDIR. */
async function interruptOnce(temporary: string, sign: RegExp, args: readonly string[], cwd: string): Promise<number> {
  const onStart = (child: ChildProcess): void => void interruptAt(child, temporary, sign);
  return (await runCli(args, { cwd, env: { TMPDIR: temporary }, ownGroup: true, onStart })).code;
}

async function interruptAt(child: ChildProcess, temporary: string, sign: RegExp): Promise<void> {
  const seen = async (): Promise<boolean> => (await readdir(temporary, { recursive: true }).catch(() => [])).some((path) => sign.test(`/${path}`));
  while (child.exitCode === null && !(await seen())) await sleep(2);
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
}

/** Command lines of the processes that name a folder. */
async function processesBelow(path: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(path)).map((line) => line.replaceAll('\0', ' '));
}

async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

/** Turns over a byte in the middle: data, not a header. */
async function alter(file: string): Promise<void> {
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x01;
  await writeFile(file, bytes);
}

/** manifest.json, images.tsv and SHA256SUMS as if the archive had been made like this. */
async function makeListsAgree(root: string, path: string, damage: 'removed' | 'altered'): Promise<void> {
  const file = join(root, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { artifacts: Row[] };
  if (damage === 'removed') manifest.artifacts = manifest.artifacts.filter((row) => row.path !== path);
  for (const row of manifest.artifacts) {
    if (row.path !== path) continue;
    const bytes = await readFile(join(root, path));
    row.size = bytes.length;
    for (const algorithm of Object.keys(row.digests)) row.digests[algorithm] = createHash(algorithm).update(bytes).digest('hex');
  }
  await writeFile(file, JSON.stringify(manifest, null, 2));
  const images = join(root, 'containers', 'images.tsv');
  if (damage === 'removed' && path.startsWith('containers/') && path.endsWith('.tgz')) {
    const lines = (await readFile(images, 'utf8')).split('\n').filter((line) => !line.includes(path));
    await writeFile(images, lines.join('\n'));
  }
  const sums: string[] = [];
  for (const each of await filesOf(root)) {
    if (each === 'SHA256SUMS') continue;
    sums.push(
      `${createHash('sha256')
        .update(await readFile(join(root, each)))
        .digest('hex')}  ${each}\n`,
    );
  }
  await writeFile(join(root, 'SHA256SUMS'), sums.join(''));
}
