/** Reading image files back: our own, those of another gzip, and those that are broken. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { dir } from 'tmp-promise';
import { imageFile } from '#src/assemble/image-file.js';
import type { Descriptor } from '#src/domain/artifact.js';
import { parseDigest } from '#src/domain/digest.js';
import { openBlob, readImageFile } from '#src/store/image-archive.js';

const { signal } = new AbortController();
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function sample(t: TestContext) {
  const folder = await dir({ unsafeCleanup: true });
  t.after(() => folder.cleanup());
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    await writeFile(join(folder.path, sha256(bytes)), bytes);
    return { mediaType, digest: parseDigest(`sha256:${sha256(bytes)}`), size: bytes.length };
  };
  const layer = Buffer.alloc(200_000, 'layer');
  const file = imageFile({
    reference: 'quay.io/a/b:1',
    tag: '1',
    platform: { os: 'linux', architecture: 'amd64' },
    manifest: await put('application/vnd.oci.image.manifest.v1+json', Buffer.from('manifest')),
    config: await put('application/vnd.oci.image.config.v1+json', Buffer.from('config')),
    layers: [await put('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    blobPath: ({ hex }) => join(folder.path, hex),
  });
  const path = join(folder.path, 'b_1.tgz');
  await writeFile(path, file.stream(signal));
  return { path, layer };
}

for (const level of ['stored', 1, 9] as const) {
  test(`reads an image file, gzip ${level}`, async (t) => {
    const { path, layer } = await sample(t);
    if (level !== 'stored') await writeFile(path, gzipSync(gunzipSync(await readFile(path)), { level }));
    const { reference, mediaType, digest, blobs } = await readImageFile(path, { signal });
    assert.equal(reference, 'quay.io/a/b:1');
    assert.equal(mediaType, 'application/vnd.oci.image.manifest.v1+json');
    assert.equal(digest.hex, sha256(Buffer.from('manifest')));
    assert.deepEqual([...blobs.values()], [{ size: 8 }, { size: 6 }, { size: 200_000 }]);
    assert.ok(Buffer.concat(await openBlob(path, sha256(layer), { signal }).toArray()).equals(layer));
    assert.equal(Buffer.concat(await openBlob(path, digest.hex, { signal }).toArray()).toString(), 'manifest');
  });
}

test('a blob that is not what its name says is refused, read alone and with the file', async (t) => {
  const { path, layer } = await sample(t);
  const tar = gunzipSync(await readFile(path));
  tar.write('X', tar.lastIndexOf('layerlayer'));
  await writeFile(path, gzipSync(tar));
  await assert.rejects(readImageFile(path, { signal }), { code: 'INTEGRITY_MISMATCH' });
  await assert.rejects(openBlob(path, sha256(layer), { signal }).toArray(), { code: 'INTEGRITY_MISMATCH' });
});

test('a blob that is not in the file is said to be missing', async (t) => {
  const { path } = await sample(t);
  await assert.rejects(openBlob(path, '0'.repeat(64), { signal }).toArray(), { code: 'UPSTREAM_NOT_FOUND' });
});

test('a stream of a blob that is left early leaves nothing running', async (t) => {
  const { path, layer } = await sample(t);
  for await (const chunk of openBlob(path, sha256(layer), { signal })) {
    assert.ok(chunk instanceof Buffer);
    break;
  }
});

for (const [what, change] of [
  ['cut in the middle', (bytes: Buffer) => bytes.subarray(0, 100_000)],
  ['cut in its last bytes', (bytes: Buffer) => bytes.subarray(0, -4)],
  ['no gzip', () => Buffer.from('hello, this is no gzip')],
  ['a gzip of text', () => gzipSync(Buffer.alloc(2000, 'no tar '))],
  ['an empty tar', () => gzipSync(Buffer.alloc(1024))],
  ['a tar that ends inside an entry', (bytes: Buffer) => gzipSync(gunzipSync(bytes).subarray(0, 100_000))],
] as const) {
  test(`refuses a file that is ${what}`, async (t) => {
    const { path } = await sample(t);
    await writeFile(path, change(await readFile(path)));
    await assert.rejects(readImageFile(path, { signal }), { code: 'INPUT_MALFORMED' });
  });
}

const index = (manifests: unknown[]): string => JSON.stringify({ schemaVersion: 2, manifests });
const descriptor = { mediaType: 'a/b', digest: `sha256:${sha256(Buffer.from('m'))}`, size: 1, annotations: { 'io.containerd.image.name': 'x:1' } };
const good = { name: 'index.json', text: index([descriptor]) };
const blob = { name: `blobs/sha256/${sha256(Buffer.from('m'))}`, text: 'm' };

for (const [what, entries, accepted] of [
  ['has what it needs', [good, blob], true],
  ['has no manifest', [good], false],
  ['has no index', [blob], false],
  ['has two manifests', [{ name: 'index.json', text: index([descriptor, descriptor]) }, blob], false],
  ['has no name', [{ name: 'index.json', text: index([{ ...descriptor, annotations: {} }]) }, blob], false],
  ['has an index that is no JSON', [{ name: 'index.json', text: '{' }, blob], false],
  ['names a file twice', [good, blob, blob], false],
  ['holds a link', [good, blob, { name: 'evil', linkname: '/etc/passwd' }], false],
] as const) {
  test(`${accepted ? 'reads' : 'refuses'} a file that ${what}`, async (t) => {
    const { path } = await sample(t);
    const tar = pack();
    for (const one of entries) {
      if ('linkname' in one) tar.entry({ name: one.name, type: 'symlink', linkname: one.linkname });
      else tar.entry({ name: one.name }, one.text);
    }
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    await writeFile(path, gzipSync(Buffer.concat(chunks)));
    const reading = readImageFile(path, { signal });
    if (accepted) assert.equal((await reading).reference, 'x:1');
    else await assert.rejects(reading, { code: 'INPUT_MALFORMED' });
  });
}

test('a file that is not there is absent, and a signal stops the reading', async (t) => {
  const { path } = await sample(t);
  await assert.rejects(readImageFile(`${path}.gone`, { signal }), { code: 'INPUT_ABSENT' });
  await assert.rejects(readImageFile(path, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
