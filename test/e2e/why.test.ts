/** `shrinkwrap why`: reasons out of a plan, an unpacked archive and a packed one. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run, runCli } from '../support/run-cli.ts';
import { scratch, type Folder } from '../support/served-world.ts';

const artifact = (kind: string, name: string, path: string, reasons: string[], more: object = {}): object => ({
  kind,
  name,
  version: '1',
  path,
  size: 1,
  digests: { sha256: '0'.repeat(64) },
  source: 'https://example.com/x',
  signer: 'x',
  verified: true,
  reasons,
  ...more,
});

const MANIFEST = {
  format: 'shrinkwrap-archive/1',
  artifacts: [
    artifact('charm', 'etcd', 'charms/etcd_r1.charm', ['application etcd']),
    artifact('resource', 'etcd/core', 'resources/etcd/core/core.snap', ['resource core'], { application: 'etcd' }),
    artifact('snap', 'core', 'snaps/core_1_amd64.snap', ['etcd installs it']),
    artifact('image', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4', 'containers/cdk_coredns_coredns_1.9.4.tgz', ['v1.26.4.txt', 'charm coredns']),
  ],
};
const DEBS = 'package\tbase\torigin\tcharm\twhy\nrsync\tubuntu@22.04\tubuntu\tetcd\tinstalled by the charm\nrsync\tubuntu@22.04\tubuntu\tnrpe\tlayer.yaml\n';

describe('shrinkwrap why', () => {
  let folder: Folder;
  before(async () => {
    folder = await scratch('why');
    await folder.file('tree/x-1/manifest.json', JSON.stringify(MANIFEST));
    await folder.file('tree/x-1/apt/packages.tsv', DEBS);
    await mkdir(join(folder.path, 'empty'));
    assert.equal((await run('tar', ['-czf', '../x.tar.gz', 'x-1'], { cwd: join(folder.path, 'tree') })).code, 0);
  });
  after(() => folder?.remove());
  const cli = (...args: string[]) => runCli(['why', ...args], { cwd: folder.path });

  for (const path of ['tree/x-1', 'x.tar.gz']) {
    test(`tells from ${path} the reasons of every kind`, async () => {
      const image = 'image rocks.canonical.com/cdk/coredns/coredns:1.9.4  containers/cdk_coredns_coredns_1.9.4.tgz\n  v1.26.4.txt\n  charm coredns\n';
      for (const name of ['coredns', 'coredns:1.9.4', 'coredns/coredns', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4', 'cdk_coredns_coredns_1.9.4.tgz'])
        assert.deepEqual(await cli(name, path), { code: 0, stdout: image, stderr: '' }, name);
      assert.equal(
        (await cli('rsync', path)).stdout,
        'deb rsync ubuntu@22.04\n  charm etcd: installed by the charm (from ubuntu)\n  charm nrpe: layer.yaml (from ubuntu)\n',
      );
      assert.equal((await cli('etcd', path)).stdout, 'charm etcd 1  charms/etcd_r1.charm\n  application etcd\n');
      assert.equal(
        (await cli('core', path)).stdout,
        'resource etcd/core 1 for etcd  resources/etcd/core/core.snap\n  resource core\nsnap core 1  snaps/core_1_amd64.snap\n  etcd installs it\n',
      );
      assert.equal((await cli('snap core', path)).stdout, 'snap core 1  snaps/core_1_amd64.snap\n  etcd installs it\n');
    });
  }

  test('as JSON', async () => {
    const { stdout } = await cli('etcd', 'x.tar.gz', '--json');
    assert.deepEqual(JSON.parse(stdout), {
      name: 'etcd',
      found: [{ kind: 'charm', name: 'etcd', version: '1', path: 'charms/etcd_r1.charm', reasons: ['application etcd'] }],
    });
  });

  test('an unknown name is exit 4 with the near ones', async () => {
    const { code, stderr } = await cli('cordns', 'tree/x-1');
    assert.equal(code, 4);
    assert.match(stderr, /there is no artifact or package cordns at x-1\n {2}what exists: coredns/);
  });

  test('what is no archive is exit 3', async () => {
    await writeFile(join(folder.path, 'cut.tar.gz'), (await readFile(join(folder.path, 'x.tar.gz'))).subarray(0, 100));
    await folder.file('no.json', '{}');
    for (const path of ['empty', 'nothing', 'no.json', 'cut.tar.gz']) assert.equal((await cli('etcd', path)).code, 3, path);
    assert.equal((await cli('etcd')).code, 2);
  });
});
