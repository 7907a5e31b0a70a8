/** shrinkwrap verify on a packed archive: it holds, and no change to it goes unseen, not even one that comes with new sums. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCli } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder } from '../support/served-world.ts';

const BUNDLE = `series: jammy
name: one-charm
applications:
  kubernetes-worker:
    charm: kubernetes-worker
    channel: 1.26/stable
    num_units: 1
    options: {channel: 1.26/stable}
relations: []
`;

interface Check {
  readonly path: string;
  readonly status: string;
  readonly expected: string | null;
  readonly found: string | null;
  readonly signer: string | null;
}

describe('verify of an archive', () => {
  let folder: Folder;
  let archive = '';
  let copies = 0;

  before(async () => {
    folder = await scratch('verify');
    const bundle = await folder.file('bundle.yaml', BUNDLE);
    await folder.file('lists/v1.26.4.txt', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4\n');
    await buildWorld({ bundle, imageLists: join(folder.path, 'lists'), channel: '1.26/stable' }, join(folder.path, 'world'));
    const upstreams = await serveDirs([join(folder.path, 'world')]);
    try {
      const packed = await runCli(['./bundle.yaml', '-o', 'out/', '--use-path', 'tree', '--cache-dir', 'cache', '-q', ...upstreams.args], { cwd: folder.path });
      assert.equal(packed.code, 0, packed.stderr);
      archive = packed.stdout.trim();
    } finally {
      await upstreams.close();
    }
  });
  after(() => folder?.remove());

  async function verify(path: string, ...options: string[]): Promise<{ code: number | null; ok: boolean; bad: Check[]; warnings: string[] }> {
    const { code, stdout, stderr } = await runCli(['verify', path, '--json', '-q', ...options], { cwd: folder.path });
    const report = JSON.parse(stdout) as { ok: boolean; checks: Check[]; warnings: string[] };
    assert.deepEqual([code, stderr], [report.ok ? 0 : 6, '']);
    return { code, ok: report.ok, bad: report.checks.filter(({ status }) => status !== 'ok'), warnings: report.warnings };
  }

  /** A copy of the tree, changed. */
  async function changed(change: (tree: string) => Promise<unknown>, { sums = false } = {}): Promise<string> {
    const tree = join(folder.path, `copy-${(copies += 1)}`);
    await cp(join(folder.path, 'tree'), tree, { recursive: true });
    await change(tree);
    if (sums) await renewSums(tree);
    return tree;
  }

  /** What somebody would do who wants a change to go unseen: new sums, new digests in the manifest. */
  async function renewSums(tree: string): Promise<void> {
    const sha = async (path: string, algorithm = 'sha256'): Promise<string> =>
      createHash(algorithm)
        .update(await readFile(join(tree, path)))
        .digest('hex');
    const manifest = JSON.parse(await readFile(join(tree, 'manifest.json'), 'utf8')) as {
      artifacts: { path: string; size: number; digests: Record<string, string> }[];
    };
    for (const artifact of manifest.artifacts) {
      artifact.size = (await readFile(join(tree, artifact.path))).length;
      for (const algorithm of Object.keys(artifact.digests)) artifact.digests[algorithm] = await sha(artifact.path, algorithm);
    }
    await writeFile(join(tree, 'manifest.json'), JSON.stringify(manifest));
    const lines = (await readFile(join(tree, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n');
    const renewed = await Promise.all(lines.map(async (line) => `${await sha(line.slice(66))}  ${line.slice(66)}\n`));
    await writeFile(join(tree, 'SHA256SUMS'), renewed.join(''));
  }

  const first = async (tree: string, in_: string, end: string): Promise<string> =>
    join(tree, in_, (await readdir(join(tree, in_))).find((name) => name.endsWith(end)) ?? '');
  const told = (bad: readonly Check[]): string[] => bad.map(({ path, status }) => `${status} ${path}`);

  test('holds packed and unpacked, with a word about the root that only it brings', async () => {
    for (const path of [archive, 'tree']) {
      const { ok, bad, warnings } = await verify(path);
      assert.deepEqual([ok, bad], [true, []]);
      assert.match(warnings.join(), /^root key \S+ of shrinkwrap-demo in snaps\/trust: trusted by this archive only$/);
    }
    const trust = await first(join(folder.path, 'tree'), 'snaps/trust', '.assert');
    assert.deepEqual((await verify(archive, '--snap-trust', trust, '--strict')).warnings, []);
    const text = await runCli(['verify', archive, '-q'], { cwd: folder.path });
    assert.match(text.stdout, /^warning: root key .*\nverified: \d+ checks\n$/);
  });

  test('holds from within its own directory, and through a link to it', async () => {
    await symlink('tree', join(folder.path, 'link'));
    assert.deepEqual((await verify('link')).bad, []);
    const { code, stdout } = await runCli(['verify', '.', '-q'], { cwd: join(folder.path, 'tree') });
    assert.deepEqual([code, /^verified: \d+ checks$/m.test(stdout)], [0, true], stdout);
  });

  test('with --strict trusts no root that only the archive brings', async () => {
    const { ok, bad } = await verify(archive, '--strict');
    assert.equal(ok, false);
    assert.ok(bad.length > 3 && bad.every(({ path, status, signer }) => path.endsWith('.snap') && status === 'untrusted' && signer === 'shrinkwrap-demo'));
  });

  test('tells what is altered, missing and extra at once', async () => {
    const tree = await changed(async (at) => {
      await appendFile(join(at, 'bundle.yaml'), '#\n');
      await rm(join(at, 'README.md'));
      await writeFile(join(at, 'kit', 'evil.sh'), 'true\n');
      await symlink('/etc/passwd', join(at, 'charms', 'link'));
      await mkdir(join(at, 'overlays'), { recursive: true });
      for (const name of ['overlays/registry.yaml', 'model-config.yaml', 'add-model.yaml', 'bootstrap-defaults.yaml', '1.26-stable-2026-11-21.tar.gz'])
        await writeFile(join(at, name), 'made at the site\n');
    });
    assert.deepEqual(told((await verify(tree)).bad), ['missing README.md', 'altered bundle.yaml', 'extra charms/link', 'extra kit/evil.sh']);
  });

  test('sees a snap that changed together with every sum', async () => {
    const tree = await changed(async (at) => appendFile(await first(at, 'snaps', '.snap'), 'x'), { sums: true });
    const { bad } = await verify(tree);
    assert.equal(bad[0]?.status, 'untrusted');
    assert.match(bad[0]?.found ?? '', /snap-revision: cannot find signatures with metadata/);
    assert.ok(
      bad.some(({ path }) => path === 'snaps/snaps.tsv'),
      'the table still has the old digest',
    );
  });

  test('sees assertions that changed together with every sum', async () => {
    const tree = await changed(
      async (at) => {
        const file = await first(at, 'snaps', '.assert');
        await writeFile(file, (await readFile(file, 'utf8')).replace(/snap-revision: \d+/, 'snap-revision: 99999'));
      },
      { sums: true },
    );
    const { bad } = await verify(tree);
    assert.deepEqual(bad.map(({ path, status }) => `${status} ${path.split('.').at(-1) ?? ''}`).toSorted(), ['altered assert', 'untrusted snap']);
    assert.match(bad[0]?.found ?? '', /hash tag doesn't match/);
  });

  test('sees a blob of an image that changed together with every sum', async () => {
    const tree = await changed(
      async (at) => {
        const file = await first(at, 'containers', '.tgz');
        const bytes = await readFile(file);
        const place = bytes.indexOf('"architecture"');
        assert.ok(place > 0);
        bytes[place + 1] = 0x41;
        await writeFile(file, bytes);
      },
      { sums: true },
    );
    const { bad } = await verify(tree);
    assert.equal(bad.length, 1);
    assert.match(bad[0]?.path ?? '', /^containers\/.*\.tgz$/);
    assert.equal(bad[0]?.status, 'altered');
  });

  test('sees tables and a manifest that say something else', async () => {
    const tables = await changed(
      async (at) => {
        for (const [name, from, to] of [
          ['snaps/snaps.tsv', 'kubectl', 'kubectI'],
          ['containers/images.tsv', 'sha256:', 'sha256:0'],
        ] as const) {
          const text = await readFile(join(at, name), 'utf8');
          await writeFile(join(at, name), text.replace(from, to));
        }
      },
      { sums: true },
    );
    assert.deepEqual(told((await verify(tables)).bad), ['altered containers/images.tsv', 'altered snaps/snaps.tsv']);
    const signer = await changed(
      async (at) => {
        const file = join(at, 'manifest.json');
        await writeFile(file, (await readFile(file, 'utf8')).replaceAll('"signer": "shrinkwrap-demo"', '"signer": "canonical"'));
      },
      { sums: true },
    );
    assert.deepEqual(told((await verify(signer)).bad), ['altered manifest.json']);
  });

  test('sees an archive without its sums or manifest, and with them unreadable', async () => {
    assert.ok(told((await verify(await changed((at) => rm(join(at, 'SHA256SUMS'))))).bad).includes('missing SHA256SUMS'));
    assert.deepEqual(told((await verify(await changed((at) => rm(join(at, 'manifest.json'))))).bad), ['missing manifest.json']);
    assert.ok(told((await verify(await changed((at) => writeFile(join(at, 'manifest.json'), '{"format":"other"}')))).bad).includes('altered manifest.json'));
    assert.ok(told((await verify(await changed((at) => appendFile(join(at, 'SHA256SUMS'), 'junk\n')))).bad).includes('altered SHA256SUMS'));
  });

  test('sees an archive that is cut short, and a file that is none', async () => {
    const cut = join(folder.path, 'cut.tar.gz');
    await cp(join(folder.path, archive), cut);
    await truncate(cut, 20_000);
    const { bad } = await verify(cut);
    assert.ok(
      bad.some(({ path, status }) => path === cut && status === 'altered'),
      JSON.stringify(bad),
    );
    assert.ok((await verify('bundle.yaml')).bad.some(({ path }) => path === 'bundle.yaml'));
  });

  test('takes one path, and an absent one is an absent input', async () => {
    assert.equal((await runCli(['verify'], { cwd: folder.path })).code, 2);
    assert.equal((await runCli(['verify', 'tree', '--snap', 'x'], { cwd: folder.path })).code, 2);
    assert.equal((await runCli(['verify', 'nowhere'], { cwd: folder.path })).code, 3);
  });

  test('prints the signers of one stream, and leaves with 6 when its root is not known', async () => {
    const file = await first(join(folder.path, 'tree'), 'snaps', '.assert');
    const trust = await first(join(folder.path, 'tree'), 'snaps/trust', '.assert');
    const snap = file.replace(/assert$/, 'snap');
    const good = await runCli(['verify', file, '--snap', snap, '--snap-trust', trust], { cwd: folder.path });
    assert.equal(good.code, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /^ok +account-key \(\S+\) {2}signed by shrinkwrap-demo\/root\n/);
    const foreign = await runCli(['verify', file], { cwd: folder.path });
    assert.equal(foreign.code, 6);
    assert.match(foreign.stdout, /^missing +account-key \(\S+\)$/m);
  });
});
