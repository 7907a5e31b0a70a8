/** The combined image file: what is in it, that it is the same everywhere, and that it notices blobs that changed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { extract } from 'tar-stream';
import { dir } from 'tmp-promise';
import { type ImageFileInput, imageFile } from '#src/assemble/image-file.js';
import { gzipTrailer, storedGzip, storedGzipSize } from '#src/assemble/stored-gzip.js';
import { tarEntrySize, tarHeader } from '#src/assemble/tar-header.js';
import type { Descriptor } from '#src/domain/artifact.js';
import { parseDigest } from '#src/domain/digest.js';

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

async function blobs(t: TestContext) {
  const folder = await dir({ unsafeCleanup: true });
  t.after(() => folder.cleanup());
  const blobPath: ImageFileInput['blobPath'] = ({ hex }) => join(folder.path, hex);
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    await writeFile(blobPath(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  return { put, blobPath };
}

async function sample(t: TestContext): Promise<ImageFileInput> {
  const { put, blobPath } = await blobs(t);
  const base = await put(LAYER, Buffer.alloc(100_000, 'base'));
  return {
    reference: 'rocks.canonical.com:443/cdk/pause:3.9',
    tag: '3.9',
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    manifest: await put('application/vnd.docker.distribution.manifest.v2+json', Buffer.from('the manifest')),
    config: await put('application/vnd.docker.container.image.v1+json', Buffer.from('{}')),
    layers: [base, await put(LAYER, Buffer.from('top')), base],
    blobPath,
  };
}

const { signal } = new AbortController();
const bytesOf = async (input: ImageFileInput): Promise<Buffer> => Buffer.concat(await imageFile(input).stream(signal).toArray());

async function entriesOf(file: Buffer) {
  const entries: { name: string; text: string; mode: number | undefined; uid: number | undefined; mtime: number | undefined }[] = [];
  const tar = extract();
  tar.end(gunzipSync(file));
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    const { name, mode, uid, mtime } = entry.header;
    entries.push({ name, text: Buffer.concat(chunks).toString(), mode, uid, mtime: mtime?.getTime() });
  }
  return entries;
}

test('holds layout, index, docker manifest and each blob once, in this order', async (t) => {
  const input = await sample(t);
  const entries = await entriesOf(await bytesOf(input));
  const [base, top] = input.layers.map(({ digest }) => `blobs/sha256/${digest.hex}`);
  const config = `blobs/sha256/${input.config.digest.hex}`;
  assert.deepEqual(
    entries.map(({ name }) => name),
    ['oci-layout', 'index.json', 'manifest.json', `blobs/sha256/${input.manifest.digest.hex}`, config, base, top],
  );
  assert.deepEqual([...new Set(entries.map(({ mode, uid, mtime }) => `${mode} ${uid} ${mtime}`))], ['420 0 0']);
  assert.equal(entries[0]?.text, '{"imageLayoutVersion":"1.0.0"}');
  assert.deepEqual(JSON.parse(entries[1]?.text ?? ''), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        digest: `sha256:${input.manifest.digest.hex}`,
        size: 12,
        platform: { architecture: 'arm', os: 'linux', variant: 'v7' },
        annotations: { 'io.containerd.image.name': 'rocks.canonical.com:443/cdk/pause:3.9', 'org.opencontainers.image.ref.name': '3.9' },
      },
    ],
  });
  assert.deepEqual(JSON.parse(entries[2]?.text ?? ''), [{ Config: config, RepoTags: ['rocks.canonical.com:443/cdk/pause:3.9'], Layers: [base, top, base] }]);
  assert.deepEqual(
    entries.slice(3).map(({ text }) => text.length),
    [12, 2, 100_000, 3],
  );
});

test('with a pinned index index.json names that, every image of it is in the file, and docker still finds the one for its platform', async (t) => {
  const { put, blobPath } = await blobs(t);
  const input = { ...(await sample(t)), blobPath };
  const [manifest, config, layer] = [
    await put('m', Buffer.from('amd manifest')),
    await put(CONFIG, Buffer.from('amd config')),
    await put(LAYER, Buffer.from('layer')),
  ];
  const arm = { manifest: await put('m', Buffer.from('arm manifest')), config: await put(CONFIG, Buffer.from('arm config')), layers: [layer] };
  const index = await put('application/vnd.oci.image.index.v1+json', Buffer.from('the index'));
  const whole = { index, children: [{ manifest, config, layers: [layer] }, arm] };
  const entries = await entriesOf(await bytesOf({ ...input, manifest, config, layers: [layer], whole }));
  assert.deepEqual(
    entries.slice(3).map(({ text }) => text),
    ['the index', 'amd manifest', 'arm manifest', 'amd config', 'layer', 'arm config'],
  );
  assert.deepEqual(JSON.parse(entries[1]?.text ?? '').manifests, [
    {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: `sha256:${index.digest.hex}`,
      size: 9,
      annotations: { 'io.containerd.image.name': 'rocks.canonical.com:443/cdk/pause:3.9', 'org.opencontainers.image.ref.name': '3.9' },
    },
  ]);
  assert.match(entries[2]?.text ?? '', new RegExp(`"Config":"blobs/sha256/${config.digest.hex}"`));
});

test('knows its size beforehand and is the same file every time', async (t) => {
  const input = await sample(t);
  const file = await bytesOf(input);
  assert.equal(imageFile(input).size, file.length);
  assert.deepEqual(await bytesOf(input), file);
  assert.equal(createHash('sha256').update(file).digest('hex'), 'd795bf7d7c691e770569cf2708f250dec187ab52d9b8c280aa376d5656eca5f8');
});

test('an image with only a digest goes by the tag made up for it', async (t) => {
  const input = { ...(await sample(t)), reference: `busybox@sha256:${'a'.repeat(64)}`, tag: 'sha256-aaaaaaaaaaaa' };
  const entries = await entriesOf(await bytesOf(input));
  assert.match(
    entries[1]?.text ?? '',
    /"io.containerd.image.name":"docker.io\/library\/busybox:sha256-aaaaaaaaaaaa","org.opencontainers.image.ref.name":"sha256-aaaaaaaaaaaa"/,
  );
  assert.match(entries[2]?.text ?? '', /"RepoTags":\["docker.io\/library\/busybox:sha256-aaaaaaaaaaaa"\]/);
});

for (const [what, change] of [
  ['one byte shorter', (path: string) => truncate(path, 99_999)],
  ['one byte longer', (path: string) => writeFile(path, 'x', { flag: 'a' })],
] as const) {
  test(`fails when a blob on disk is ${what} than the image says`, async (t) => {
    const input = await sample(t);
    await change(input.blobPath(input.layers[0]?.digest ?? assert.fail()));
    await assert.rejects(bytesOf(input), { code: 'INTEGRITY_MISMATCH' });
  });
}

test('refuses blobs that its layout has no place for', async (t) => {
  const input = await sample(t);
  const config = { ...input.config, digest: { algorithm: 'sha512' as const, hex: 'a'.repeat(128) } };
  assert.throws(() => imageFile({ ...input, config }), { code: 'INPUT_MALFORMED' });
});

test('stops when its signal does', async (t) => {
  const input = await sample(t);
  await assert.rejects(imageFile(input).stream(AbortSignal.abort()).toArray(), { name: 'AbortError' });
});

async function stored(chunks: readonly Buffer[], size = chunks.reduce((total, { length }) => total + length, 0)): Promise<Buffer> {
  const out: Buffer[] = [];
  for await (const chunk of storedGzip(
    (async function* () {
      yield* chunks;
    })(),
    size,
  ))
    out.push(Buffer.from(chunk));
  return Buffer.concat(out);
}

test('any bytes in any chunks come back out of the gzip, whose size was known', async () => {
  for (const size of [0, 1, 65_534, 65_535, 65_536, 131_070, 16 * 65_535, 16 * 65_535 + 1, 3_000_000]) {
    const bytes = Buffer.alloc(size, 'pattern');
    const chunks = Array.from({ length: Math.ceil(size / 70_001) }, (_, at) => bytes.subarray(at * 70_001, (at + 1) * 70_001));
    const file = await stored(chunks);
    assert.equal(file.length, storedGzipSize(size));
    assert.ok(gunzipSync(file).equals(bytes));
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (parts) => {
      const chunks = parts.map((part) => Buffer.from(part));
      assert.ok(gunzipSync(await stored(chunks)).equals(Buffer.concat(chunks)));
    }),
  );
});

test('the gzip of nothing and of a word, byte for byte', async () => {
  assert.equal((await stored([])).toString('hex'), '1f8b08000000000000ff010000ffff0000000000000000');
  assert.equal((await stored([Buffer.from('hello')])).toString('hex'), `1f8b08000000000000ff010500faff${Buffer.from('hello').toString('hex')}86a6103605000000`);
});

test('the gzip of more than 4 GiB ends with the size modulo 2^32', () => {
  assert.equal(gzipTrailer(0xdeadbeef, 2 ** 32 + 5).toString('hex'), 'efbeadde05000000');
  assert.equal(storedGzipSize(2 ** 33), 10 + 2 ** 33 + 5 * 131_075 + 8);
});

test('the gzip fails when more or fewer bytes come than were announced', async () => {
  await assert.rejects(stored([Buffer.from('abc')], 2), RangeError);
  await assert.rejects(stored([Buffer.from('abc')], 4), RangeError);
});

test('a header is read back by another reader, also beyond 8 GiB', async () => {
  for (const size of [0, 1, 2 ** 33 - 1, 2 ** 33, 2 ** 40]) {
    const tar = extract();
    tar.write(tarHeader('blobs/sha256/x', size));
    const [header] = await new Promise<[{ name: string; size?: number | undefined }]>((resolve) => tar.once('entry', (...entry) => resolve([entry[0]])));
    assert.deepEqual([header.name, header.size], ['blobs/sha256/x', size]);
    tar.destroy();
  }
  assert.equal(tarEntrySize(0), 512);
  assert.equal(tarEntrySize(512), 1024);
  assert.equal(tarEntrySize(513), 1536);
  assert.throws(() => tarHeader('x'.repeat(101), 0), { code: 'INPUT_MALFORMED' });
});
