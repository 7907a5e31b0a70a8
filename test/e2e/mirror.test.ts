/** `shrinkwrap mirror` by the built CLI: archives and lists into a registry, with what it says and how it ends. */
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUpstreamServer, type UpstreamServer } from '#src/serve/server.js';
import { digestAt, HELM_CONFIG, imageOf, pushImage, pushIndex } from '../support/push-image.ts';
import { entry, ociIndex } from '../support/registry-fixture.ts';
import { run, runCli, type Ran } from '../support/run-cli.ts';
import { scratch, type Folder } from '../support/served-world.ts';

interface Document {
  images: { 'source-image': string; 'target-image': string; status: string; error?: { code: string; message: string } }[];
  'all-image-count': number;
  'copied-image-count': number;
  'present-image-count': number;
  'failed-image-count': number;
  'uploaded-blob-count': number;
  'mounted-blob-count': number;
}

interface Registry {
  readonly server: UpstreamServer;
  readonly url: string;
  readonly host: string;
  readonly log: string[];
}

async function registry(): Promise<Registry> {
  const log: string[] = [];
  const server = createUpstreamServer({ dirs: [], log: (line) => log.push(line) });
  const { url } = await server.listen('127.0.0.1', 0);
  return { server, url, host: url.replace('http://', ''), log };
}

describe('mirror', () => {
  let folder: Folder;
  let upstream: Registry;
  let target: Registry;
  let digests: Readonly<Record<string, string>>;
  let archive: string;

  const mirror = (args: readonly string[]): Promise<Ran> =>
    runCli(['mirror', ...args, '--insecure-registry', target.host, '--registry-mirror', `*=${upstream.url}`], { cwd: folder.path });
  const document = ({ stdout }: Ran): Document => JSON.parse(stdout) as Document;
  const written = (): string[] => target.log.filter((line) => /^(?:PUT|POST|PATCH)/.test(line));

  before(async () => {
    folder = await scratch('mirror');
    upstream = await registry();
    const { url } = upstream;
    digests = {
      pause: await pushIndex(url, 'pause', '3.9', 'pause'),
      web: await pushImage(url, 'team/web', '1', imageOf('shared layer')),
      same: await pushImage(url, 'team/same', '2', imageOf('shared layer')),
      chart: await pushImage(url, 'charts/web', '0.1.0', imageOf('chart', { configType: HELM_CONFIG })),
    };
    await folder.file('list.txt', 'registry.k8s.io/pause:3.9\nquay.io/team/web:1\nquay.io/team/same:2\noci.example/charts/web:0.1.0\n');
    const packed = await runCli(['images', '--from-list', 'list.txt', '--cache-dir', 'cache', '--registry-mirror', `*=${url}`], { cwd: folder.path });
    assert.equal(packed.code, 0, packed.stderr);
    archive = packed.stdout.trim();
    assert.equal((await run('tar', ['-xf', archive], { cwd: folder.path })).code, 0);
  });
  beforeEach(async () => {
    await target?.server.close();
    target = await registry();
  });
  after(async () => {
    await target?.server.close();
    await upstream?.server.close();
    await folder?.remove();
  });

  test('a list: whole indexes and artifacts, digests as upstream, the shared layer mounted; a second run writes nothing', async () => {
    const first = await mirror(['list.txt', target.host, '--json']);
    assert.equal(first.code, 0, first.stderr);
    const told = document(first);
    assert.deepEqual(
      told.images.map((image) => [image['source-image'], image['target-image'], image.status]),
      [
        ['registry.k8s.io/pause:3.9', `${target.host}/pause:3.9`, 'copied'],
        ['quay.io/team/web:1', `${target.host}/team/web:1`, 'copied'],
        ['quay.io/team/same:2', `${target.host}/team/same:2`, 'copied'],
        ['oci.example/charts/web:0.1.0', `${target.host}/charts/web:0.1.0`, 'copied'],
      ],
    );
    assert.deepEqual([told['all-image-count'], told['copied-image-count'], told['failed-image-count']], [4, 4, 0]);
    assert.equal(told['mounted-blob-count'], 2);
    for (const [path, tag, digest] of [
      ['pause', '3.9', digests['pause']],
      ['team/web', '1', digests['web']],
      ['team/same', '2', digests['same']],
      ['charts/web', '0.1.0', digests['chart']],
    ] as const)
      assert.equal(await digestAt(target.url, path, tag), digest);
    target.log.length = 0;
    const again = document(await mirror(['list.txt', target.host, '--json']));
    assert.deepEqual([again['copied-image-count'], again['present-image-count'], written()], [0, 4, []]);
  });
  test('a list below a path, one platform of each index', async () => {
    const ran = await mirror(['list.txt', `${target.host}/a/b/`, '--arch', 'arm64']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^copied {3}registry\.k8s\.io\/pause:3\.9 -> \S+\/a\/b\/pause:3\.9$/m);
    assert.match(ran.stdout, /\n4 images: 4 copied \(.* sent, \d+ blobs mounted\), 0 already there, 0 failed\n$/);
    assert.equal(await digestAt(target.url, 'a/b/pause', '3.9'), imageOf('pause for arm64', { architecture: 'arm64' }).manifest.digest);
  });
  for (const form of ['packed', 'unpacked'] as const)
    test(`an archive, ${form}: the targets of its table below cdk, and nothing of it stays behind`, async () => {
      const path = form === 'packed' ? archive : 'images-local';
      const before = await scratches();
      const ran = await mirror([path, target.host, '--json']);
      assert.equal(ran.code, 0, ran.stderr);
      assert.equal(await digestAt(target.url, 'cdk/pause', '3.9'), imageOf('pause for amd64').manifest.digest);
      assert.equal(await digestAt(target.url, 'cdk/charts/web', '0.1.0'), digests['chart']);
      assert.deepEqual([document(ran)['copied-image-count'], document(ran)['mounted-blob-count']], [4, 2]);
      const again = document(await mirror([path, target.host, '--json']));
      assert.deepEqual([again['copied-image-count'], again['present-image-count'], again['uploaded-blob-count']], [0, 4, 0]);
      assert.deepEqual(await scratches(), before);
    });
  test('a tag that an archive gives to an index names the index, after every image of it', async () => {
    const packed = await runCli(
      [
        'images',
        '--from-list',
        'list.txt',
        '--exclude',
        '*/team/*',
        '-a',
        'amd64,arm64',
        '-d',
        'both',
        '--skip-tar-gz',
        '--cache-dir',
        'cache',
        '--registry-mirror',
        `*=${upstream.url}`,
      ],
      { cwd: folder.path },
    );
    assert.equal(packed.code, 0, packed.stderr);
    const children = ['amd64', 'arm64'].map((architecture) => {
      const { manifest } = imageOf(`pause for ${architecture}`, { architecture });
      return entry(manifest, { platform: { os: 'linux', architecture } });
    });
    const index = ociIndex(children);
    const file = 'containers/indexes/joined.json';
    await folder.file(`both/${file}`, index.bytes.toString());
    const row = [index.digest, index.mediaType, index.bytes.length, file, 'pause:3.9'].join('\t');
    await folder.file('both/containers/indexes.tsv', `index\tmedia_type\tsize\tfile\ttargets\n${row}\n`);
    const ran = await mirror(['both', target.host, '--json']);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.equal(document(ran)['all-image-count'], 2);
    assert.equal(await digestAt(target.url, 'cdk/pause', '3.9'), index.digest);
    for (const { digest } of children) assert.equal(await digestAt(target.url, 'cdk/pause', String(digest)), digest);
  });
  test('a dry run lists every pair and asks nobody', async () => {
    upstream.log.length = 0;
    const ran = await mirror(['list.txt', `${target.host}/x`, '--dry-run']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^would copy quay\.io\/team\/web:1 -> \S+\/x\/team\/web:1$/m);
    assert.match(ran.stdout, /\n4 images; nothing was written\n$/);
    assert.deepEqual([upstream.log, target.log], [[], []]);
    const told = document(await mirror([archive, target.host, '--dry-run', '--json']));
    assert.deepEqual([told['all-image-count'], told['copied-image-count'], told.images[0]?.status], [4, 0, 'planned']);
  });
  test('names that would overwrite each other are refused before anything is written; the same image under two names is none', async () => {
    await pushImage(upstream.url, 'team/other', '1', imageOf('another'));
    const second = await registry();
    try {
      await pushImage(second.url, 'team/web', '1', imageOf('another'));
      await pushImage(second.url, 'team/same', '2', imageOf('shared layer'));
      await folder.file('clash.txt', 'quay.io/team/web:1\nghcr.io/team/web:1\nquay.io/team/same:2\nghcr.io/team/same:2\n');
      const clash = await mirror(['clash.txt', target.host, '--registry-mirror', `ghcr.io=${second.url}`]);
      assert.equal(clash.code, 3, clash.stderr);
      assert.match(
        clash.stderr,
        /1 problem[\s\S]*quay\.io\/team\/web:1 \(sha256:[0-9a-f]{64}\) and ghcr\.io\/team\/web:1 \(sha256:[0-9a-f]{64}\) would both be \S+\/team\/web:1/,
      );
      assert.deepEqual(written(), []);
      await folder.file('twice.txt', 'quay.io/team/same:2\nghcr.io/team/same:2\n');
      assert.equal((await mirror(['twice.txt', target.host, '--registry-mirror', `ghcr.io=${second.url}`])).code, 0);
    } finally {
      await second.server.close();
    }
  });
  test('one that fails stops no other: the code is its own, or 8 with --keep-going', async () => {
    await folder.file('gone.txt', 'quay.io/gone/a:1\nquay.io/team/web:1\n');
    const ran = await mirror(['gone.txt', target.host]);
    assert.equal(ran.code, 4, ran.stderr);
    assert.match(ran.stdout, /^copied {3}quay\.io\/team\/web:1 /m);
    assert.match(ran.stdout, /^failed {3}quay\.io\/gone\/a:1 -> \S+: there is no image gone\/a:1 at quay\.io$/m);
    const going = await mirror(['gone.txt', target.host, '--keep-going', '--json']);
    assert.equal(going.code, 8, going.stderr);
    const [failed] = document(going).images;
    assert.deepEqual([failed?.status, failed?.error?.code, document(going)['failed-image-count']], ['failed', 'UPSTREAM_NOT_FOUND', 1]);
  });
  test('a registry that nobody answers for ends the run at once; bad lines and bad words are told', async () => {
    for (const [args, code, words] of [
      [['list.txt', '127.0.0.1:1', '--retries', '1'], 5, /cannot reach 127\.0\.0\.1:1/],
      [['list.txt'], 2, /what to push and where/],
      [['list.txt', `http://${target.host}`], 2, /is no HOST/],
      [['list.txt', target.host, '-a', 'amd64,arm64'], 2, /one --arch/],
      [[archive, target.host, '-a', 'amd64'], 2, /--arch goes with a list/],
      [['nowhere.txt', target.host], 3, /there is no file nowhere\.txt/],
      [['bad.txt', target.host], 3, /bad\.txt:2: /],
      [['empty', target.host], 3, /lists no image/],
    ] as const) {
      await folder.file('bad.txt', 'nginx\nquay.io/Big:1\n');
      await folder.file('empty/x', '');
      const ran = await mirror(args);
      assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, words);
    }
  });
});

const scratches = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('shrinkwrap-mirror-')).map((name) => join(tmpdir(), name));
