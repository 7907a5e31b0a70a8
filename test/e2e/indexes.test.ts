/** A pinned index and two architectures, from a served world to the archive, the far side and back. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '#src/domain/manifest.js';
import type { Plan } from '#src/domain/plan.js';
import { parseTsv } from '#src/domain/tsv.js';
import { runCli, type Ran } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const BUNDLE = `name: both
default-base: ubuntu@22.04
applications:
  kubernetes-worker: {charm: kubernetes-worker, channel: 1.29/stable, num_units: 1, options: {channel: 1.29/stable}}
  cilium: {charm: cilium, channel: 1.29/stable}
`;
const EPOCH = { SOURCE_DATE_EPOCH: '1764000000' };
const FORMATS = ['tgz', 'layout'] as const;

describe('a pinned index and two architectures', () => {
  let folder: Folder;
  const cli = (args: readonly string[], from?: Upstreams): Promise<Ran> =>
    runCli([...args, ...(from === undefined ? [] : ['--cache-dir', 'cache', ...from.args])], { cwd: folder.path, env: EPOCH });
  const read = (path: string): Promise<string> => readFile(join(folder.path, path), 'utf8');

  before(async () => {
    folder = await scratch('indexes');
    const bundle = await folder.file('bundle.yaml', BUNDLE);
    await folder.file('lists/v1.29.4.txt', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4\n');
    await buildWorld({ bundle, imageLists: join(folder.path, 'lists'), channel: '1.29/stable', archs: ['amd64', 'arm64'] }, join(folder.path, 'world'));
    const upstreams = await serveDirs([join(folder.path, 'world')]);
    try {
      for (const format of FORMATS) {
        const planned = await cli(['plan', './bundle.yaml', '-a', 'amd64,arm64', '--image-format', format, '-o', `${format}.json`], upstreams);
        assert.equal(planned.code, 0, planned.stderr);
        const packed = await cli(['pack', '--plan', `${format}.json`, '-d', format, '-o', `${format}.tar.gz`], upstreams);
        assert.equal(packed.code, 0, packed.stderr);
      }
    } finally {
      await upstreams.close();
    }
  });
  after(() => folder?.remove());

  for (const format of FORMATS) {
    describe(format, () => {
      test('the plan has every image of the pinned index, and an index made for the two architectures', async () => {
        const { artifacts, files } = JSON.parse(await read(`${format}.json`)) as Plan;
        const images = artifacts.filter((artifact) => artifact.kind === 'image');
        const cilium = images.filter(({ name }) => /\/cilium\/cilium:v[\d.]+@sha256:/.test(name));
        assert.deepEqual(
          cilium.map(({ arch }) => arch),
          ['amd64', 'arm64'],
        );
        for (const { name, whole } of cilium) {
          assert.equal(`sha256:${whole?.index.digest.hex}`, name.split('@')[1]);
          assert.equal(whole?.children.length, 5, 'four architectures and an attestation');
        }
        const text = files.find(({ path }) => path === 'containers/indexes.tsv')?.text ?? '';
        const rows = parseTsv(text, ['index', 'media_type', 'size', 'file', 'targets'], 'indexes.tsv');
        const coredns = rows.find(({ targets }) => targets.startsWith('coredns/coredns:1.9.4'));
        const made = files.find(({ path }) => path === coredns?.file)?.text ?? '';
        assert.equal(`sha256:${createHash('sha256').update(made).digest('hex')}`, coredns?.index);
        assert.deepEqual(
          (JSON.parse(made) as { manifests: { platform: unknown }[] }).manifests.map(({ platform }) => platform),
          [
            { architecture: 'amd64', os: 'linux' },
            { architecture: 'arm64', os: 'linux' },
          ],
        );
        const hex = cilium[0]?.index?.hex ?? '';
        const places = { tgz: `sources/images/sha256-${hex}.json`, layout: `containers/blobs/sha256/${hex}` };
        assert.equal(rows.find(({ targets }) => targets === cilium[0]?.targets.join(','))?.file, places[format]);
      });

      test('verify and rehearse hold: the registry answers both indexes and every manifest below them', async () => {
        const verified = await cli(['verify', `${format}.tar.gz`, '--snap-trust', 'world/snaps/trust/world-root.assert']);
        assert.equal(verified.code, 0, verified.stdout);
        const rehearsed = await cli(['rehearse', `${format}.tar.gz`]);
        assert.equal(rehearsed.code, 0, rehearsed.stdout + rehearsed.stderr);
      });

      test('mirror puts every tag where deploy.sh puts it, the indexes among them', async () => {
        const registry = await serveDirs([]);
        try {
          const host = registry.url.replace('http://', '');
          const ran = await cli(['mirror', format, host, '--insecure-registry', host]);
          assert.equal(ran.code, 0, ran.stdout + ran.stderr);
          const rows = parseTsv(await read(`${format}/containers/indexes.tsv`), ['index', 'media_type', 'size', 'file', 'targets'], 'indexes.tsv');
          assert.ok(rows.length > 2);
          for (const { index, targets } of rows) {
            for (const target of targets.split(',')) {
              const [path = '', tag = ''] = target.split(':');
              const answer = await fetch(`${registry.url}/v2/cdk/${path}/manifests/${tag}`, { method: 'HEAD' });
              assert.equal(answer.headers.get('docker-content-digest'), index, target);
            }
          }
        } finally {
          await registry.close();
        }
      });

      test('packing what it serves gives the same artifacts and the same tables', async () => {
        const upstreams = await serveDirs([join(folder.path, format)], join(folder.path, 'world/snaps/trust/world-root.assert'));
        try {
          const packed = await cli(['./bundle.yaml', '-a', 'amd64,arm64', '--image-format', format, '-d', `${format}-again`, '--skip-tar-gz'], upstreams);
          assert.equal(packed.code, 0, packed.stderr);
        } finally {
          await upstreams.close();
        }
        const artifacts = async (site: string): Promise<unknown> =>
          (JSON.parse(await read(`${site}/manifest.json`)) as Manifest).artifacts.map(({ reasons: _, ...rest }) => rest);
        assert.deepEqual(await artifacts(`${format}-again`), await artifacts(format));
        for (const table of ['images', 'indexes', 'children'])
          assert.equal(await read(`${format}-again/containers/${table}.tsv`), await read(`${format}/containers/${table}.tsv`));
      });
    });
  }

  test('the archive with the layout is smaller, since images share their layers, and is the same file each time', async () => {
    const [tgz, layout] = await Promise.all(FORMATS.map(async (format) => (await stat(join(folder.path, `${format}.tar.gz`))).size));
    assert.ok((layout ?? 0) < (tgz ?? 0), `${layout} bytes and ${tgz}`);
    const upstreams = await serveDirs([join(folder.path, 'world')]);
    try {
      const again = await cli(['pack', '--plan', 'layout.json', '-o', 'again.tar.gz', '-q'], upstreams);
      assert.equal(again.code, 0, again.stderr);
    } finally {
      await upstreams.close();
    }
    assert.ok((await readFile(join(folder.path, 'again.tar.gz'))).equals(await readFile(join(folder.path, 'layout.tar.gz'))));
  });

  test('a rehearsal names a blob of the layout that is gone, also when the sums agree', async () => {
    const site = join(folder.path, 'gone');
    await cp(join(folder.path, 'layout'), site, { recursive: true });
    const { artifacts } = JSON.parse(await read('layout.json')) as Plan;
    const cilium = artifacts.find((artifact) => artifact.kind === 'image' && artifact.whole !== undefined);
    const lost = `containers/blobs/sha256/${cilium?.kind === 'image' ? cilium.whole?.children[3]?.layers[1]?.digest.hex : ''}`;
    await rm(join(site, lost));
    const sums = await readFile(join(site, 'SHA256SUMS'), 'utf8');
    await writeFile(join(site, 'SHA256SUMS'), sums.replace(new RegExp(`.*${lost}\n`), ''));
    const ran = await cli(['rehearse', 'gone']);
    assert.equal(ran.code, 6, ran.stdout + ran.stderr);
    assert.match(ran.stdout, new RegExp(`^missing {2}${lost}`, 'm'));
  });

  test('a pinned index that lacks an image upstream is exit 4 and names it', async () => {
    const world = join(folder.path, 'lacking');
    await cp(join(folder.path, 'world'), world, { recursive: true });
    const table = parseTsv(
      await read('lacking/containers/images.tsv'),
      ['image', 'file', 'digest', 'media_type', 'platform', 'size', 'index_digest', 'targets'],
      'images.tsv',
    );
    const row = table.find(({ image }) => /\/cilium\/cilium:/.test(image)) ?? assert.fail();
    const index = JSON.parse(await read(`lacking/sources/images/${row.index_digest.replace(':', '-')}.json`)) as { manifests: { digest: string }[] };
    const lost = index.manifests[2]?.digest ?? '';
    for (const { file } of table.filter(({ image }) => image === row.image)) await hideBlob(join(world, file), lost.slice('sha256:'.length));
    const upstreams = await serveDirs([world]);
    try {
      const planned = await cli(['plan', './bundle.yaml', '-a', 'amd64'], upstreams);
      assert.equal(planned.code, 4, planned.stdout + planned.stderr);
      assert.match(planned.stderr, new RegExp(`manifest ${lost}`));
    } finally {
      await upstreams.close();
    }
  });
});

/** The blob goes by another name. */
async function hideBlob(path: string, hex: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(`blobs/sha256/${hex}`);
  assert.ok(at > 0 && (await stat(path)).size === bytes.length);
  const end = at + `blobs/sha256/${hex}`.length;
  const header = bytes.subarray(at, at + 512);
  const digit = bytes[end - 1] ?? 0;
  bytes[end - 1] = digit === 0x30 ? 0x31 : 0x30;
  header.write('        ', 148);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  await writeFile(path, bytes);
}
