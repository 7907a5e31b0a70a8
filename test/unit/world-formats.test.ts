/** The formats that a world is written in: zip, squashfs, and the small rules behind its charms. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { fromBufferPromise } from 'yauzl';
import { bundleNeeds, charmName } from '#scripts/world/bundle-needs.js';
import { missingEndpoints } from '#scripts/world/endpoints.js';
import { fullName, imageNames } from '#scripts/world/image-names.js';
import { blockAt } from '#scripts/world/knowledge.js';
import { squashfs } from '#scripts/world/squashfs.js';
import type { SquashfsFile } from '#scripts/world/squashfs-tree.js';
import { compareTracks } from '#scripts/world/track.js';
import { listAt, mappingAt, readYaml } from '#scripts/world/yaml.js';
import { zip, type ZipFile } from '#scripts/world/zip.js';

const run = promisify(execFile);
const NOW = new Date('2026-01-01T00:00:00Z');

async function unzip(bytes: Buffer): Promise<{ name: string; mode: number; bytes: Buffer }[]> {
  const archive = await fromBufferPromise(bytes);
  const entries = [];
  for await (const entry of archive.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(Buffer.from(chunk as Uint8Array));
    entries.push({ name: entry.fileName, mode: entry.externalFileAttributes >>> 16, bytes: Buffer.concat(chunks) });
  }
  return entries;
}

describe('the zip of a charm', () => {
  it('gives back every file with its bytes and its executable bit', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-zé][a-z0-9-]{0,12}(\/[a-z0-9.]{1,8}[a-z])?$/), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 8, maxLength: 8 }), fc.nat(255), async (paths, contents, bits) => {
        const files = paths.map((name, index): ZipFile => ({ name, bytes: Buffer.from(contents[index] ?? []), executable: ((bits >> index) & 1) === 1 }));
        const back = await unzip(zip(files));
        assert.deepEqual(
          back,
          files.map(({ name, bytes, executable }) => ({ name, bytes, mode: executable === true ? 0o100755 : 0o100644 })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('is the same bytes for the same files', () => {
    const files = [{ name: 'metadata.yaml', bytes: Buffer.from('name: a\n') }];
    assert.deepEqual(zip(files), zip(files));
  });
});

async function hasUnsquashfs(t: TestContext): Promise<boolean> {
  const found = await run('unsquashfs', ['-v']).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  );
  if (!found && process.env['REQUIRE_PEERS'] === '1') assert.fail('squashfs-tools is not installed');
  if (!found) t.skip('needs unsquashfs of the package squashfs-tools');
  return found;
}

describe('the squashfs of a snap', () => {
  it('begins with the superblock that snapd looks for and ends on a page', () => {
    const bytes = squashfs([{ path: 'meta/snap.yaml', bytes: Buffer.from('name: a\n') }], NOW);
    assert.equal(bytes.toString('latin1', 0, 4), 'hsqs');
    assert.deepEqual([bytes.readUInt16LE(28), bytes.readUInt16LE(30)], [4, 0]);
    assert.equal(bytes.length % 4096, 0);
    assert.ok(bytes.readBigUInt64LE(40) <= BigInt(bytes.length));
    assert.equal(bytes.readUInt32LE(4), 3, 'a file, its folder, the root');
  });

  it('is opened by unsquashfs, whatever the number and size of its files', async (t) => {
    if (!(await hasUnsquashfs(t))) return;
    const folder = await mkdtemp(join(tmpdir(), 'world-squashfs-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const many = Array.from({ length: 400 }, (_, index): SquashfsFile => ({
      path: `data/${index % 7}/file-${String(index).padStart(3, '0')}`,
      bytes: Buffer.from(`${index}\n`),
    }));
    const large = Buffer.alloc(300_000, 'x');
    const files = [
      ...many,
      { path: 'bin/run', bytes: Buffer.from('#!/bin/sh\n'), executable: true },
      { path: 'empty', bytes: Buffer.alloc(0) },
      { path: 'large', bytes: large },
    ];
    const image = join(folder, 'a.snap');
    await writeFile(image, squashfs(files, NOW));
    const { stdout } = await run('unsquashfs', ['-lls', image]);
    assert.equal(stdout.split('\n').filter((line) => line.startsWith('-')).length, files.length);
    assert.match(stdout, /^-rwxr-xr-x root\/root +10 2026-01-01 .*\/bin\/run$/m);
    const read = async (path: string): Promise<string> => (await run('unsquashfs', ['-cat', image, path], { maxBuffer: 1e6 })).stdout;
    assert.equal(await read('large'), large.toString());
    for (const { path, bytes } of [files[0], files[199], files[399]].flatMap((file) => file ?? [])) assert.equal(await read(path), bytes.toString());
  });
});

describe('what a bundle needs', () => {
  const file = (text: string, name = 'bundle.yaml'): { file: string; text: string } => ({ file: name, text });

  it('follows an application of an overlay to the charm of the bundle', () => {
    const needs = bundleNeeds(file('name: b\nseries: jammy\napplications: {db: {charm: etcd, channel: 1.26/stable}}\nrelations: [[db:db, vault:etcd]]\n'), [
      file(
        'applications: {db: {options: {port: 1}}, vault: {charm: vault, channel: 1.7/stable, base: ubuntu@20.04}, gone: null}\nrelations: [[db, "vault:etcd"]]\n',
        'o.yaml',
      ),
    ]);
    assert.deepEqual([...needs.charms.keys()], ['etcd', 'vault']);
    assert.deepEqual([...(needs.charms.get('etcd')?.options ?? [])], [['port', new Set([1])]]);
    assert.deepEqual([...(needs.charms.get('vault')?.bases ?? [])], ['20.04', '22.04']);
    assert.deepEqual(needs.relations, [[{ charm: 'etcd' }, { charm: 'vault', endpoint: 'etcd' }]]);
  });

  it('maps names of the closed charm store', () => {
    assert.deepEqual(charmName('cs:~containers/kubernetes-worker-788'), { name: 'kubernetes-worker', revision: 788 });
    assert.deepEqual(charmName('cs:~other/focal/x'), { name: 'other-x' });
    assert.deepEqual(charmName('ch:prometheus2'), { name: 'prometheus2' });
  });

  it('adds the endpoints that a relation asks for, and none that are there', () => {
    const known = (charm: string) => (charm === 'etcd' ? [{ name: 'db', role: 'provides' as const, interface: 'etcd', container: false }] : []);
    const added = missingEndpoints(
      [
        [
          { charm: 'etcd', endpoint: 'db' },
          { charm: 'mine', endpoint: 'store' },
        ],
        [{ charm: 'mine' }, { charm: 'etcd', endpoint: 'db' }],
        [
          { charm: 'mine', endpoint: 'info' },
          { charm: 'etcd', endpoint: 'juju-info' },
        ],
        [
          { charm: 'mine', endpoint: 'a' },
          { charm: 'yours', endpoint: 'b' },
        ],
      ],
      known,
    );
    assert.deepEqual(added.get('mine'), [
      { name: 'store', role: 'requires', interface: 'etcd', container: false },
      { name: 'info', role: 'requires', interface: 'juju-info', container: true },
      { name: 'a', role: 'requires', interface: 'b', container: false },
    ]);
    assert.deepEqual(added.get('yours'), [{ name: 'b', role: 'provides', interface: 'b', container: false }]);
    assert.equal(added.has('etcd'), false);
  });

  it('gives back nothing that a charm has lost, named or by its interface', () => {
    const known = (charm: string) => (charm === 'ceph-mon' ? [{ name: 'admin', role: 'provides' as const, interface: 'ceph-admin', container: false }] : []);
    const lost = (charm: string, end: { readonly name?: string; readonly interface?: string }): boolean =>
      charm === 'control-plane' && (end.name === 'grafana' || end.interface === 'ceph-admin');
    const added = missingEndpoints(
      [
        [{ charm: 'ceph-mon', endpoint: 'admin' }, { charm: 'control-plane' }],
        [
          { charm: 'control-plane', endpoint: 'grafana' },
          { charm: 'grafana', endpoint: 'dashboards' },
        ],
      ],
      known,
      lost,
    );
    assert.deepEqual([...added], []);
  });
});

describe('the table of charms', () => {
  it('lays the eras of a track over the block', () => {
    const block = {
      style: 'reactive',
      resources: { a: 'a.tgz' },
      eras: [
        { until: '1.28', resources: { b: 'b.tgz' } },
        { from: '1.29', style: 'ops', resources: { a: null, c: 'c.tgz' } },
      ],
    };
    assert.deepEqual(blockAt(block, '1.9', 'x'), { style: 'reactive', resources: { a: 'a.tgz', b: 'b.tgz' } });
    assert.deepEqual(blockAt(block, 'latest', 'x'), { style: 'ops', resources: { c: 'c.tgz' } });
  });

  it('has no key that nobody reads', async () => {
    const known =
      'actions auto bases branchFile channels eras family from images layers manifests options peers perArch provides requires resources since snaps storage style subordinate summary templates until with';
    const file = join(import.meta.dirname, '../../../scripts/world/charms.yaml');
    const [table] = readYaml(await readFile(file, 'utf8'), file);
    const charms = Object.entries(mappingAt(mappingAt(table, file)['charms'], file));
    assert.ok(charms.length > 30);
    for (const [name, block] of charms) {
      const parts = [mappingAt(block, name), ...listAt(mappingAt(block, name)['eras'], name).map((era) => mappingAt(era, name))];
      assert.deepEqual(
        parts.flatMap((part) => Object.keys(part)).filter((key) => !known.split(' ').includes(key)),
        [],
        name,
      );
    }
  });

  it('orders tracks by number', () => {
    assert.deepEqual(['latest', '1.26', '1.9', '1.26'].toSorted(compareTracks), ['1.9', '1.26', '1.26', 'latest']);
  });
});

describe('the images of a world', () => {
  it('are those of every list of the track, with the registry of bare names', () => {
    const lists = [
      { file: 'v1.26.4.txt', text: '# comment\r\nrocks.canonical.com/cdk/pause:3.6\r\nfoo/bar-arm64:1\n\n' },
      { file: 'v1.2.9.txt', text: 'never:1\n' },
      { file: 'v1.26.0-rc.1.txt', text: 'localhost/x:2\n' },
    ];
    const names = imageNames(lists, '1.26/edge', []);
    assert.deepEqual(
      names.map(({ name, only }) => [name, only]),
      [
        ['docker.io/library/registry:2', undefined],
        ['localhost/x:2', undefined],
        ['rocks.canonical.com/cdk/foo/bar-arm64:1', 'arm64'],
        ['rocks.canonical.com/cdk/pause:3.6', undefined],
        ['rocks.canonical.com/cdk/pause:3.9', undefined],
      ],
    );
    assert.equal(fullName('coredns:1'), 'rocks.canonical.com/cdk/coredns:1');
  });
});
