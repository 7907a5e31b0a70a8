/** The main job as a user runs it: the built CLI against a served world with the real names of 1.26 and three overlays. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ROOT, run, runCli, type Ran } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const SAMPLE = join(ROOT, 'bundles', 'sample', 'charmed-kubernetes-1.26');
const LISTS = join(ROOT, 'scripts', 'world', 'image-lists');
const DATA = process.env['SHRINKWRAP_DATA'] ?? resolve(ROOT, '..', 'shared', 'data');
const OVERLAYS = ['--overlay', 'canal', '--overlay', 'vault-pki', '--overlay', 'ceph-rbd'];
const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

interface Artifact {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch?: string;
  readonly path: string;
  readonly size: number;
  readonly digests: Readonly<Record<string, string>>;
  readonly reasons: readonly string[];
}

/** What makes two archives the same (docs/archive-format.md). */
const identity = ({ kind, name, version, arch, size, digests }: Artifact): string =>
  JSON.stringify([kind, name, version, arch, size, Object.entries(digests).toSorted()]);

async function artifactsOf(site: string): Promise<Artifact[]> {
  const manifest = JSON.parse(await readFile(join(site, 'manifest.json'), 'utf8')) as { artifacts: Artifact[] };
  return manifest.artifacts;
}

describe('packing Charmed Kubernetes', () => {
  let folder: Folder;
  let upstreams: Upstreams;
  let pack: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ran>;
  let site: string;

  before(async () => {
    folder = await scratch('main-job');
    await buildWorld(
      { bundle: join(SAMPLE, 'bundle.yaml'), overlays: join(SAMPLE, 'overlays'), imageLists: LISTS, channel: '1.26/stable' },
      join(folder.path, 'world'),
    );
    upstreams = await serveDirs([join(folder.path, 'world')]);
    pack = (args, env = EPOCH) =>
      runCli(['charmed-kubernetes', '--channel', '1.26/stable', '--cache-dir', 'cache', ...upstreams.args, ...args], { cwd: folder.path, env });
    const packed = await pack(OVERLAYS);
    assert.equal(packed.code, 0, packed.stderr);
    assert.equal(packed.stdout, 'build/charmed-kubernetes-1.26/1.26-stable-2023-11-14.tar.gz\n');
    // The documented commands, word for word, from build/.
    const unpacked = await run('bash', ['-c', 'tar -xvf charmed-kubernetes-*/*.tar.gz --force-local; cd charmed-kubernetes-*/; ./deploy.sh'], {
      cwd: join(folder.path, 'build'),
    });
    assert.equal(unpacked.code, 0, unpacked.stderr);
    assert.match(unpacked.stdout, /charmed-kubernetes/);
    site = join(folder.path, 'build', 'charmed-kubernetes-1.26');
  });
  after(async () => {
    await upstreams?.close();
    await folder?.remove();
  });

  test('the archive that lies beside its own files is no stranger', async () => {
    const checked = await run('./deploy.sh', ['check', '--skip', 'store'], { cwd: site });
    assert.deepEqual({ code: checked.code, stdout: checked.stdout }, { code: 0, stdout: 'check: all is well (not looked at: store)\n' }, checked.stderr);
    assert.equal((await runCli(['verify', site], { cwd: folder.path })).code, 0);
  });

  test('every sum holds, and every file is listed', async () => {
    assert.deepEqual(await run('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: site }), { code: 0, stdout: '', stderr: '' });
    const listed = (await readFile(join(site, 'SHA256SUMS'), 'utf8')).split('\n').flatMap((line) => (line === '' ? [] : [line.slice(66)]));
    const there = (await run('find', ['.', '-type', 'f', '-printf', '%P\\n'], { cwd: site })).stdout
      .split('\n')
      .filter((path) => path !== '' && path !== 'SHA256SUMS' && !/^[^/]*\.tar\.gz$/.test(path));
    assert.deepEqual(listed, there.toSorted());
  });

  test('every artifact has its file, its size, its digests and a reason', async () => {
    const artifacts = await artifactsOf(site);
    assert.ok(artifacts.length > 60);
    for (const { path, size, digests, reasons } of artifacts) {
      const bytes = await readFile(join(site, path));
      assert.equal(bytes.length, size, path);
      const { createHash } = await import('node:crypto');
      for (const [algorithm, hex] of Object.entries(digests)) assert.equal(createHash(algorithm).update(bytes).digest('hex'), hex, `${path} ${algorithm}`);
      assert.ok(reasons.length > 0, path);
    }
  });

  test('the bundle deploys as it is: local charms, no channel or revision, a file for every resource', async () => {
    const text = await readFile(join(site, 'bundle.yaml'), 'utf8');
    assert.doesNotMatch(text, /^ {4}(?:channel|revision):/m);
    const paths = [...text.matchAll(/ (\.\/(?:charms|resources)\/\S+)$/gm)].map((match) => match[1] ?? '');
    assert.ok(paths.length > 20);
    for (const path of paths) assert.ok(existsSync(join(site, path)), path);
    assert.match(text, /canal:/);
    assert.doesNotMatch(text, /^ {2}(?:calico|easyrsa):/m);
  });

  test('the same plan gives the same bytes, from any cache', async () => {
    const again = await pack([...OVERLAYS, '-o', 'again/', '--no-cache']);
    assert.equal(again.code, 0, again.stderr);
    const same = await run('cmp', ['again/1.26-stable-2023-11-14.tar.gz', 'build/charmed-kubernetes-1.26/1.26-stable-2023-11-14.tar.gz'], { cwd: folder.path });
    assert.deepEqual(same, { code: 0, stdout: '', stderr: '' });
  });

  test('a plan reads charms, lists and manifests only; packing it gives the same archive', async () => {
    const before = upstreams.log.length;
    const planned = await pack([...OVERLAYS, '--dry-run', '--no-cache', '--json'], EPOCH);
    assert.equal(planned.code, 0, planned.stderr);
    const asked = upstreams.log.slice(before);
    const plan = JSON.parse(planned.stdout) as {
      format: string;
      request: unknown;
      artifacts: { config?: { digest: { hex: string } } }[];
      totals: { artifacts: number };
    };
    // Where no index names the platform, the config is read: a document of a few hundred bytes.
    const configs = plan.artifacts.flatMap(({ config }) => (config === undefined ? [] : [config.digest.hex]));
    assert.deepEqual(
      asked.filter((line) => /\/blobs\/|\/resources\/download\/|\/snaps\/download\//.test(line) && !configs.some((hex) => line.includes(hex))),
      [],
    );
    assert.ok(asked.some((line) => line.includes('/charms/download/')));
    assert.equal(plan.totals.artifacts, plan.artifacts.length);
    assert.doesNotMatch(planned.stdout, new RegExp(`${upstreams.url}|${folder.path}`));
    await folder.file('plan.json', planned.stdout);
    const packed = await runCli(['pack', '--plan', 'plan.json', '--no-cache', '-o', 'planned.tar.gz', ...upstreams.args], { cwd: folder.path, env: EPOCH });
    assert.equal(packed.code, 0, packed.stderr);
    const same = await run('cmp', ['planned.tar.gz', 'build/charmed-kubernetes-1.26/1.26-stable-2023-11-14.tar.gz'], { cwd: folder.path });
    assert.equal(same.code, 0, same.stdout);
  });

  test('a second run asks for metadata only', async () => {
    const before = upstreams.log.length;
    assert.equal((await pack([...OVERLAYS, '-o', 'second/'])).code, 0);
    assert.deepEqual(
      upstreams.log.slice(before).filter((line) => /\/blobs\/|\/download\//.test(line) && !line.includes('.bundle')),
      [],
    );
  });

  test('pack(serve(unpack(A))) = A', async () => {
    const own = await serveDirs([site], join(site, 'snaps', 'trust', 'root-1.assert'));
    try {
      const packed = await runCli(['charmed-kubernetes', '--channel', '1.26/stable', ...OVERLAYS, '--no-cache', '-d', 'tree', '--skip-tar-gz', ...own.args], {
        cwd: folder.path,
        env: EPOCH,
      });
      assert.equal(packed.code, 0, packed.stderr);
      assert.equal(packed.stdout, 'tree\n');
      assert.deepEqual((await artifactsOf(join(folder.path, 'tree'))).map(identity).toSorted(), (await artifactsOf(site)).map(identity).toSorted());
    } finally {
      await own.close();
    }
  });

  test('--registry bakes the address in', async () => {
    const packed = await pack(['--registry', 'reg.lan:5000', '-d', 'baked', '--skip-tar-gz']);
    assert.equal(packed.code, 0, packed.stderr);
    const text = await readFile(join(folder.path, 'baked', 'bundle.yaml'), 'utf8');
    assert.match(text, /image-registry: reg\.lan:5000\/cdk/);
    assert.match(text, /custom_registries: .*"host":"docker\.io","url":"reg\.lan:5000\/v2\/cdk"/);
  });

  test('--json gives one document; events go to stderr', async () => {
    const packed = await pack(['--skip-snaps', '--skip-containers', '--json', '--events', '-o', 'json.tar.gz']);
    const { path, sha256, size } = JSON.parse(packed.stdout) as { path: string; sha256: string; size: number };
    assert.equal(path, 'json.tar.gz');
    assert.equal((await run('sha256sum', [path], { cwd: folder.path })).stdout.slice(0, 64), sha256);
    assert.equal((await readFile(join(folder.path, path))).length, size);
    for (const line of packed.stderr.trim().split('\n')) assert.ok('type' in (JSON.parse(line) as object), line);
  });

  describe('bad input', () => {
    const error = (ran: Ran): { code: string; message: string; problems: { message: string }[] } =>
      (JSON.parse(ran.stdout) as { error: ReturnType<typeof error> }).error;
    const other = (args: readonly string[]): Promise<Ran> =>
      runCli([...args, '--json', '--cache-dir', 'cache', '-o', 'bad/', ...upstreams.args], { cwd: folder.path });

    test('an unknown bundle, channel, architecture or overlay exits 4 and tells what exists', async () => {
      assert.equal((await other(['no-such-bundle'])).code, 4);
      const channel = await other(['charmed-kubernetes', '-c', '1.99/stable']);
      assert.equal(channel.code, 4);
      assert.match(channel.stdout, /1\.26\/stable/);
      const arch = await other(['charmed-kubernetes', '-c', '1.26/stable', '-a', 'x86_64']);
      assert.equal(arch.code, 4);
      assert.match(arch.stdout, /amd64/);
      const overlay = await other(['charmed-kubernetes', '-c', '1.26/stable', '--overlay', 'nope']);
      assert.equal(overlay.code, 4);
      assert.match(overlay.stdout, /canal/);
    });

    test('invalid YAML and invalid bundles exit 3 with every problem and its place', async () => {
      await folder.file('broken.yaml', 'applications:\n  a: {charm: x\n  b: [\n');
      const broken = await other(['./broken.yaml']);
      assert.deepEqual([broken.code, error(broken).code], [3, 'INPUT_INVALID']);
      await folder.file('wrong.yaml', 'applications:\n  a:\n    charm: a\n    num_units: -1\n  b:\n    charm: b\nrelations:\n- [a:x, c:y]\n');
      const wrong = await other(['./wrong.yaml']);
      assert.equal(wrong.code, 3);
      assert.deepEqual(
        error(wrong).problems.map(({ message, ...place }) => [message.split(' ')[0], (place as { line?: number }).line]),
        [
          ['negative', 4],
          ['relation', 8],
        ],
      );
      assert.equal((await other(['./absent.yaml'])).code, 3);
    });

    test('an unreachable host exits 5 and names host and proxy', async () => {
      const ran = await runCli(['charmed-kubernetes', '--charmhub-url', 'http://127.0.0.1:9', '--retries', '1'], { cwd: folder.path });
      assert.equal(ran.code, 5);
      assert.match(ran.stderr, /127\.0\.0\.1:9/);
      const proxied = await runCli(['charmed-kubernetes', '--charmhub-url', 'http://upstream.invalid', '--retries', '1'], {
        cwd: folder.path,
        env: { HTTP_PROXY: 'http://user:canary@127.0.0.1:9' },
      });
      assert.equal(proxied.code, 5);
      assert.match(proxied.stderr, /proxy .*127\.0\.0\.1:9/);
      assert.doesNotMatch(proxied.stderr, /canary/);
    });

    test('usage errors exit 2 with one sentence and no page of help', async () => {
      const ran = await runCli(['charmed-kubernetes', '--chanel', 'x'], { cwd: folder.path });
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, /--channel/);
      assert.ok(ran.stderr.split('\n').length < 5);
    });

    test('no stack trace without --debug', async () => {
      const ran = await other(['./wrong.yaml']);
      assert.doesNotMatch(ran.stderr, /\n\s+at /);
    });
  });

  test('wrong bytes exit 6 with wanted and found, and nothing is kept', async () => {
    const world = join(folder.path, 'altered');
    await run('cp', ['-r', join(folder.path, 'world'), world], { cwd: folder.path });
    const [snap = ''] = (await readdir(join(world, 'snaps'))).filter((name) => name.startsWith('etcd_') && name.endsWith('.snap'));
    const server = await serveDirs([world]);
    const file = join(world, 'snaps', snap);
    const bytes = await readFile(file);
    bytes[200] = (bytes[200] ?? 0) ^ 0xff;
    await folder.file(`altered/snaps/${snap}`, '');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(file, bytes);
    try {
      const ran = await runCli(['charmed-kubernetes', '-c', '1.26/stable', '--cache-dir', 'fresh', '-o', 'wrong/', ...server.args], { cwd: folder.path });
      assert.equal(ran.code, 6, ran.stderr);
      assert.match(ran.stderr, /wanted [0-9a-f]{96}|wanted .*[0-9a-f]{20}/);
      assert.equal(existsSync(join(folder.path, 'wrong')), false);
    } finally {
      await server.close();
    }
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${signal} leaves nothing half-written, and the rerun finishes`, async () => {
      const out = `interrupted-${signal}`;
      const args = ['charmed-kubernetes', '-c', '1.26/stable', '--cache-dir', `cache-${signal}`, '-o', `${out}/`, '--events', ...upstreams.args];
      const ran = await runCli(args, {
        cwd: folder.path,
        onStart: (child) => {
          let seen = '';
          child.stderr?.on('data', (chunk: Buffer) => {
            seen += chunk.toString();
            if (seen.includes('"fetch"') && !child.killed) child.kill(signal);
          });
        },
      });
      assert.equal(ran.code, code, ran.stderr.slice(-500));
      assert.match(ran.stderr, /interrupted/);
      assert.deepEqual(existsSync(join(folder.path, out)) ? await readdir(join(folder.path, out)) : [], []);
      assert.equal((await runCli(args, { cwd: folder.path })).code, 0);
    });
  }

  test('a full disk exits 7 and leaves nothing', { skip: process.getuid?.() === 0 ? false : 'mounting a small file system needs root' }, async () => {
    const mount = join(folder.path, 'small');
    await run('mkdir', ['-p', mount], { cwd: folder.path });
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount], { cwd: folder.path });
    if (mounted.code !== 0) return;
    try {
      const ran = await pack(['-o', `${mount}/`]);
      assert.equal(ran.code, 7, ran.stderr);
      assert.match(ran.stderr, /no space left/);
      assert.deepEqual(await readdir(mount), []);
    } finally {
      await run('umount', [mount], { cwd: folder.path });
      await rm(mount, { recursive: true, force: true });
    }
  });
});

describe('the official 1.26 bundle with its official image lists', { skip: existsSync(DATA) ? false : 'no upstream data on this machine' }, () => {
  test('packs against a world built from them', async () => {
    const folder = await scratch('official');
    const official = join(DATA, 'bundle');
    try {
      await buildWorld(
        { bundle: join(official, 'releases', '1.26', 'bundle.yaml'), imageLists: join(official, 'container-images'), channel: '1.26/stable' },
        join(folder.path, 'world'),
      );
      const upstreams = await serveDirs([join(folder.path, 'world')]);
      try {
        const packed = await runCli(['charmed-kubernetes', '--channel', '1.26/stable', '--no-cache', '-d', 'tree', ...upstreams.args], {
          cwd: folder.path,
          env: EPOCH,
        });
        assert.equal(packed.code, 0, packed.stderr);
        const artifacts = await artifactsOf(join(folder.path, 'tree'));
        const names = (kind: string): string[] => artifacts.filter((artifact) => artifact.kind === kind).map(({ name }) => name);
        assert.deepEqual(names('charm').toSorted(), [
          'calico',
          'containerd',
          'easyrsa',
          'etcd',
          'kubeapi-load-balancer',
          'kubernetes-control-plane',
          'kubernetes-worker',
        ]);
        for (const snap of ['snapd', 'core', 'kubelet', 'kube-apiserver', 'cdk-addons', 'etcd']) assert.ok(names('snap').includes(snap), snap);
        assert.ok(names('image').some((name) => name.includes('/coredns/')));
      } finally {
        await upstreams.close();
      }
    } finally {
      await folder.remove();
    }
  });
});
