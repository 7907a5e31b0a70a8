/** Worlds built from our sample and, where the data is at hand, from official bundles: complete, sound, and the same every time. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { openPromise } from 'yauzl';
import { createTrust } from '#scripts/pki/create-trust.js';
import type { WorldRequest } from '#scripts/world/arguments.js';
import { buildWorld } from '#scripts/world/build-world.js';
import { readTrust, writeTrust } from '#scripts/world/trust.js';
import { checkChain } from '#src/assertion/check-chain.js';
import { checkSnap } from '#src/assertion/check-snap.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { trustRoots } from '#src/assertion/trust-roots.js';
import { readCharmMeta, type CharmMeta } from '#src/bundle/charm-meta.js';
import { mergeBundle } from '#src/bundle/overlay.js';
import { placesOf } from '#src/bundle/places.js';
import { readBundle } from '#src/bundle/read.js';
import { verifyAgainstCharms } from '#src/bundle/verify-charms.js';
import { verifyBundle } from '#src/bundle/verify.js';
import { parseTsv } from '#src/domain/tsv.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const SAMPLE = join(ROOT, 'bundles/sample/charmed-kubernetes-1.26');
const LISTS = join(ROOT, 'scripts/world/image-lists');
const DATA = join(process.env['SHRINKWRAP_DATA'] ?? join(ROOT, '../shared/data'), 'bundle');
const NOW = new Date('2026-01-01T00:00:00Z');
const SNAPS = ['name', 'revision', 'arch', 'channel', 'base', 'type', 'confinement', 'order', 'file', 'assert', 'sha3_384', 'size'] as const;
const IMAGES = ['image', 'file', 'digest', 'media_type', 'platform', 'size', 'index_digest', 'targets'] as const;

interface Row {
  readonly kind: string;
  readonly name: string;
  readonly revision?: number;
  readonly channel?: string;
  readonly arch?: string;
  readonly path: string;
  readonly size: number;
  readonly digests: Readonly<Record<string, string>>;
  readonly charm?: string;
  readonly resource?: string;
  readonly filename?: string;
  readonly platform?: string;
  readonly index?: string;
}

let folder = '';
let keys = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'world-test-'));
  keys = join(folder, 'keys');
  await writeTrust(await createTrust({ bits: 2048, now: NOW }), keys);
});
after(() => rm(folder, { recursive: true, force: true }));

async function world(name: string, request: Partial<WorldRequest> = {}): Promise<string> {
  const out = join(folder, name);
  const sample = { bundle: join(SAMPLE, 'bundle.yaml'), overlays: join(SAMPLE, 'overlays'), imageLists: LISTS };
  await buildWorld({ ...sample, channel: '1.26/stable', archs: ['amd64'], keys: false, trust: keys, ...request, out }, NOW, AbortSignal.timeout(60_000));
  return out;
}

const official = (track: string): Partial<WorldRequest> => ({
  bundle: join(DATA, `releases/${track}/bundle.yaml`),
  overlays: join(DATA, 'overlays'),
  imageLists: join(DATA, 'container-images'),
  channel: `${track}/stable`,
});

function withData(t: TestContext): boolean {
  if (!existsSync(join(DATA, 'releases'))) t.skip('needs the official bundles: set SHRINKWRAP_DATA');
  return existsSync(join(DATA, 'releases'));
}

const manifestOf = async (out: string): Promise<{ bundle: Record<string, unknown>; artifacts: Row[] }> =>
  JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
const text = (out: string, path: string): Promise<string> => readFile(join(out, path), 'utf8');
const hash = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');

async function filesOf(out: string): Promise<string[]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(out, join(entry.parentPath, entry.name)));
}

async function charmFile(path: string, name: string): Promise<string> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== name) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString('utf8');
    }
    return '';
  } finally {
    zip.close();
  }
}

/** Every artifact is what manifest.json says, every table has its header and names files that are there. */
async function checkFiles(out: string): Promise<void> {
  const { artifacts } = await manifestOf(out);
  const paths = artifacts.map(({ path }) => path);
  assert.deepEqual(
    paths,
    [...new Set(paths)].toSorted((a, b) => (a < b ? -1 : 1)),
  );
  for (const { path, size, digests } of artifacts) {
    const bytes = await readFile(join(out, path));
    assert.equal(bytes.length, size, path);
    for (const [algorithm, hex] of Object.entries(digests)) assert.equal(hash(algorithm, bytes), hex, path);
  }
  const known = new Map(artifacts.map((row) => [row.path, row]));
  const snaps = parseTsv(await text(out, 'snaps/snaps.tsv'), SNAPS, 'snaps.tsv');
  for (const row of snaps) {
    assert.equal(known.get(row.file)?.digests['sha3-384'], row.sha3_384);
    assert.equal(String(known.get(row.file)?.size), row.size);
  }
  const images = parseTsv(await text(out, 'containers/images.tsv'), IMAGES, 'images.tsv');
  for (const row of images) assert.deepEqual([known.get(row.file)?.platform, known.get(row.file)?.index ?? '-'], [row.platform, row.index_digest]);
  assert.deepEqual(
    [snaps.length, images.length],
    [artifacts.filter(({ kind }) => kind === 'snap').length, artifacts.filter(({ kind }) => kind === 'image').length],
  );
  for (const { index_digest: index, digest } of images.filter((row) => row.index_digest !== '-')) {
    const bytes = await readFile(join(out, `sources/images/${index.replace(':', '-')}.json`));
    assert.equal(`sha256:${hash('sha256', bytes)}`, index);
    assert.ok(bytes.includes(digest), 'an index lists the manifest that is here');
  }
  await checkSums(out);
}

async function checkSums(out: string): Promise<void> {
  const sums = (await text(out, 'SHA256SUMS')).trimEnd().split('\n');
  assert.deepEqual(sums.map((line) => line.slice(66)).toSorted(), (await filesOf(out)).filter((path) => path !== 'SHA256SUMS').toSorted());
}

/** Bundle and overlay hold by Juju's rules with the metadata of the charms on `channel`, or on what the application names, or on the default. */
async function checkBundle(out: string, channel: string, overlayNames: readonly string[]): Promise<string[]> {
  const { artifacts } = await manifestOf(out);
  const base = readBundle(await text(out, 'bundle.orig.yaml'), 'bundle.yaml');
  const overlays = await Promise.all(
    overlayNames.map(async (name) => readBundle(await text(out, `sources/github/charmed-kubernetes/bundle/HEAD/overlays/${name}`), name)),
  );
  const merged = mergeBundle(
    base.base.bundle,
    overlays.map(({ base: first }) => first.bundle),
  );
  const metas = new Map<string, CharmMeta>();
  for (const [name, application] of merged.applications) {
    const mine = artifacts.filter((row) => row.kind === 'charm' && row.name === application?.charm);
    const row = [application?.channel, channel, 'latest/stable']
      .map((wanted) => mine.find((each) => each.channel === wanted))
      .find((each) => each !== undefined);
    assert.ok(row, `${name} has a release`);
    metas.set(name, readCharmMeta(await charmFile(join(out, row.path), 'metadata.yaml'), await charmFile(join(out, row.path), 'config.yaml')));
  }
  const places = placesOf([base.base, ...overlays.map(({ base: first }) => first)]);
  return [...verifyBundle(merged, places, { alone: overlays.length === 0 }), ...verifyAgainstCharms(merged, metas, places)].map(({ message }) => message);
}

describe('a world of the sample', () => {
  let out = '';
  before(async () => {
    out = await world('sample');
  });

  it('has every artifact as manifest.json and the tables say', () => checkFiles(out));

  it('keeps the bundle byte for byte and says on which channel it was published', async () => {
    assert.equal(await text(out, 'bundle.orig.yaml'), await readFile(join(SAMPLE, 'bundle.yaml'), 'utf8'));
    const { bundle } = await manifestOf(out);
    assert.deepEqual([bundle['name'], bundle['channel']], ['charmed-kubernetes', '1.26/stable']);
    assert.match(String(bundle['id']), /^[A-Za-z0-9]{32}$/);
  });

  it('has lists and overlays in the repository', async () => {
    for (const [from, to] of [
      [join(SAMPLE, 'overlays'), 'overlays'],
      [LISTS, 'container-images'],
    ] as const) {
      const there = await readdir(join(out, 'sources/github/charmed-kubernetes/bundle/HEAD', to));
      assert.deepEqual(there.toSorted(), (await readdir(from)).toSorted());
    }
  });

  it('holds by the rules of Juju, alone, with each overlay and with all', async () => {
    const overlays = await readdir(join(SAMPLE, 'overlays'));
    for (const names of [[], ...overlays.map((name) => [name]), overlays]) assert.deepEqual(await checkBundle(out, '1.26/stable', names), [], names.join(' '));
  });

  it('has charms on the channel, on their own and on the default one, each a revision of its own', async () => {
    const { artifacts } = await manifestOf(out);
    const channels = (charm: string) =>
      artifacts
        .filter(({ kind, name }) => kind === 'charm' && name === charm)
        .map(({ channel }) => channel)
        .toSorted();
    assert.deepEqual(channels('calico'), ['1.26/stable', 'latest/stable']);
    assert.deepEqual(channels('vault'), ['1.7/stable', 'latest/stable']);
    assert.deepEqual(channels('ceph-mon'), ['latest/stable', 'octopus/stable', 'quincy/stable', 'squid/stable']);
    const charms = artifacts.filter(({ kind }) => kind === 'charm');
    assert.equal(new Set(charms.map(({ name, revision }) => `${name} ${revision}`)).size, charms.length);
  });

  it('has the charms of its era', async () => {
    const { artifacts } = await manifestOf(out);
    const resources = (channel: string) =>
      artifacts.filter(({ kind, charm, channel: on }) => kind === 'resource' && charm === 'kubernetes-control-plane' && on === channel);
    assert.deepEqual(
      resources('latest/stable').map(({ filename }) => filename),
      ['cni-plugins.tar.gz'],
    );
    assert.equal(resources('1.26/stable').filter(({ filename }) => filename === 'cni.tgz').length, 3, 'three resources share a file name');
    assert.ok(artifacts.filter(({ filename }) => filename?.endsWith('.snap')).every(({ size }) => size === 0));
    const calico = artifacts.find(({ kind, name, channel }) => kind === 'charm' && name === 'calico' && channel === '1.26/stable')?.path ?? '';
    const stem = calico.slice('charms/'.length, -'.charm'.length);
    for (const name of ['metadata.yaml', 'config.yaml', 'manifest.yaml', 'layer.yaml'])
      assert.equal(await charmFile(join(out, calico), name), await text(out, `sources/charms/${stem}/${name}`), name);
    assert.match(await charmFile(join(out, calico), 'config.yaml'), /default: rocks\.canonical\.com:443\/cdk\/calico\/node:v3\.21\.4/);
    assert.match(await charmFile(join(out, calico), 'layer.yaml'), /use_venv: !!bool "true"/);
    assert.notEqual(await charmFile(join(out, calico), 'wheelhouse/pip-22.0.4.tar.gz'), '');
  });

  it('has snaps signed up to its own root', async () => {
    const { artifacts } = await manifestOf(out);
    const roots = trustRoots(decodeStream(await readFile(join(out, 'snaps/trust/world-root.assert'))));
    for (const row of parseTsv(await text(out, 'snaps/snaps.tsv'), SNAPS, 'snaps.tsv')) {
      const chain = checkChain(decodeStream(await readFile(join(out, row.assert))), { roots, now: new Date() });
      assert.ok(chain.ok, JSON.stringify(chain.checks));
      const checks = checkSnap({ sha3_384: row.sha3_384, size: Number(row.size) }, chain, { name: row.name, revision: Number(row.revision) });
      assert.deepEqual(
        checks.filter(({ ok }) => !ok),
        [],
      );
    }
    const on = (snap: string) =>
      artifacts
        .filter(({ kind, name }) => kind === 'snap' && name === snap)
        .map(({ channel }) => channel)
        .toSorted();
    assert.deepEqual(on('kubelet'), ['1.26/stable', 'latest/stable']);
    assert.deepEqual(on('etcd'), ['3.4/stable', 'latest/stable']);
    assert.deepEqual(on('vault'), ['1.7/stable', '1.8/stable', 'latest/stable']);
    for (const base of ['snapd', 'core', 'core18', 'core20', 'core22', 'core24', 'lxd']) assert.deepEqual(on(base), ['latest/stable'], base);
  });

  it('keeps no private key in it', async () => {
    for (const path of await filesOf(out)) assert.doesNotMatch(await readFile(join(out, path), 'latin1'), /PRIVATE KEY/, path);
  });

  it('is the same again, and with other keys but for the signatures', async () => {
    assert.equal(await text(await world('again'), 'SHA256SUMS'), await text(out, 'SHA256SUMS'));
    const other = join(folder, 'other-keys');
    await writeTrust(await createTrust({ bits: 2048, now: NOW }), other);
    const unsigned = (sums: string): string[] => sums.split('\n').filter((line) => !line.endsWith('.assert'));
    assert.deepEqual(unsigned(await text(await world('other', { trust: other }), 'SHA256SUMS')), unsigned(await text(out, 'SHA256SUMS')));
  });

  it('reads its keys back', async () => {
    const [once, twice] = [await readTrust(keys), await readTrust(keys)];
    assert.deepEqual([once.root.id, once.storeKey.id], [twice.root.id, twice.storeKey.id]);
    assert.notEqual(once.root.id, once.storeKey.id);
  });
});

describe('a world for two architectures', () => {
  it('has snaps and images for both, and names that carry another only for that', async () => {
    const out = await world('two', { archs: ['amd64', 'arm64'] });
    await checkFiles(out);
    const images = parseTsv(await text(out, 'containers/images.tsv'), IMAGES, 'images.tsv');
    const of = (name: string) => images.filter(({ image }) => image.endsWith(name));
    assert.deepEqual(
      of('/coredns:1.9.4').map(({ platform }) => platform),
      ['linux/amd64', 'linux/arm64'],
    );
    assert.equal(new Set(of('/coredns:1.9.4').map((row) => row.index_digest)).size, 1);
    assert.deepEqual(
      of('addon-resizer-s390x:1.8.9').map(({ platform, index_digest }) => [platform, index_digest]),
      [['linux/s390x', '-']],
    );
    const snaps = parseTsv(await text(out, 'snaps/snaps.tsv'), SNAPS, 'snaps.tsv');
    assert.deepEqual(
      snaps.filter(({ name }) => name === 'core').map(({ arch }) => arch),
      ['amd64', 'arm64'],
    );
    const { artifacts } = await manifestOf(out);
    const builds = artifacts.filter(({ kind, name, channel }) => kind === 'charm' && name === 'kubernetes-worker' && channel === 'latest/stable');
    assert.deepEqual(builds.map(({ arch }) => arch).toSorted(), ['amd64', 'arm64'], 'charms from 1.29 on are built once an architecture');
  });
});

describe('a world of official bundles', () => {
  it('of 1.26 holds with every overlay and has every image of every list', async (t) => {
    if (!withData(t)) return;
    const out = await world('official-1.26', official('1.26'));
    await checkFiles(out);
    for (const name of ['', ...(await readdir(join(DATA, 'overlays')))]) {
      // Made for another bundle: it names machines that nothing is placed on (facts/charmhub-juju.md 5.5).
      if (name !== 'bdc-overlay.yaml') assert.deepEqual(await checkBundle(out, '1.26/stable', name === '' ? [] : [name]), [], name);
    }
    const lists = (await readdir(join(DATA, 'container-images'))).filter((name) => name.startsWith('v1.26.'));
    const lines = (await Promise.all(lists.map((name) => readFile(join(DATA, 'container-images', name), 'utf8')))).flatMap((list) =>
      list.split('\n').filter((line) => line.trim() !== ''),
    );
    const images = new Set(parseTsv(await text(out, 'containers/images.tsv'), IMAGES, 'images.tsv').map(({ image }) => image));
    assert.deepEqual(
      [...new Set(lines)].filter((line) => !images.has(line)),
      [],
    );
  });

  it('of other eras is written and holds', async (t) => {
    if (!withData(t)) return;
    for (const track of ['1.18', '1.24', '1.29']) {
      const out = await world(`official-${track}`, official(track));
      await checkSums(out);
      if (Number(track.slice(2)) >= 24)
        assert.deepEqual(await checkBundle(out, `${track}/stable`, ['canal-overlay.yaml', 'ceph-rbd.yaml', 'vault-pki-overlay.yaml']), [], track);
    }
  });

  it('pins images by the digest that the registry serves', async (t) => {
    if (!withData(t)) return;
    const out = await world('official-1.35', official('1.35'));
    const { artifacts } = await manifestOf(out);
    const cilium = artifacts.find(({ kind, name, channel }) => kind === 'charm' && name === 'cilium' && channel === '1.35/stable')?.path ?? '';
    const manifest = await charmFile(join(out, cilium), 'upstream/cilium/manifests/v1.16.10/cilium.yaml');
    const [pinned] = /quay\.io\/cilium\/cilium:v1\.16\.10@sha256:[0-9a-f]{64}/.exec(manifest) ?? [];
    const row = parseTsv(await text(out, 'containers/images.tsv'), IMAGES, 'images.tsv').find(({ image }) => image === pinned);
    assert.equal(`${row?.image.split('@')[1]}`, row?.index_digest);
  });
});

describe('the command', () => {
  const command = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    run(process.execPath, [join(ROOT, 'dist/scripts/world.js'), ...args]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, stdout, stderr };
      },
    );

  it('prints the directory and one line of summary', async () => {
    const out = join(folder, 'by-command');
    const bundle = join(SAMPLE, 'bundle.yaml');
    const { code, stdout, stderr } = await command('--bundle', bundle, '--channel', '1.26', '--trust', keys, '--keys', '--out', `${out}/`);
    assert.deepEqual([code, stdout], [0, `${out}\n`]);
    assert.match(stderr, /^world of 1\.26\/stable: 14 charms, \d+ resources, \d+ snaps, \d+ images, \d+\.\d MB in \d+\.\d s\n$/);
    assert.deepEqual((await readdir(`${out}.keys`)).toSorted(), (await readdir(keys)).toSorted());
  });

  it('answers wrong arguments with a sentence and 2', async () => {
    const bundle = join(SAMPLE, 'bundle.yaml');
    const full = join(folder, 'full');
    await writeFile(full, '');
    for (const [args, sentence] of [
      [[], /^world: --bundle is missing\n/],
      [['--bundle', bundle, '--channel', 'a/b/c/d', '--out', 'x'], /--channel a\/b\/c\/d is no channel/],
      [['--bundle', bundle, '--channel', '1.26', '--arch', 'x86_64', '--out', 'x'], /--arch x86_64/],
      [['--bundle', join(folder, 'none.yaml'), '--channel', '1.26', '--out', join(folder, 'empty')], /none\.yaml cannot be read/],
      [['--bundle', bundle, '--channel', '1.26', '--out', folder], /is not empty/],
      [['--nonsense'], /nonsense/],
    ] as const) {
      const { code, stderr } = await command(...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence);
    }
  });
});
