/** The embedded upstream against the real clients: skopeo, snap and unzip (facts/real-peers.md). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BUNDLE, BUNDLE_ID, charmFiles } from '../protocol/serve-charm-files.ts';
import { manifest, serve, serveFiles, sha256 } from '../protocol/serve-fixture.ts';
import { CONFIG, INDEX, LAYER, PAUSE, imageFiles, imageTable } from '../protocol/serve-image-files.ts';
import { SNAP, SNAP_ID, snapFiles } from '../protocol/serve-snap-files.ts';
import { hasPeer } from '../support/kit-registry.ts';
import { tempDir } from '../support/temp-dir.ts';
import { run, skopeo } from './engines.ts';
import { sampleImage } from './sample-image.ts';

const DATA = process.env['SHRINKWRAP_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');

/** Exit code, stdout and stderr of a snap command that asks our server, without snapd. */
async function snap(url: string, cwd: string, ...args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const env = { ...process.env, SNAPPY_FORCE_API_URL: `${url}/`, UBUNTU_STORE_ARCH: 'amd64', HOME: cwd };
  return promisify(execFile)('snap', args, { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: unknown; stdout: string; stderr: string }) => error,
  );
}

test('skopeo inspects an image by its tag, through the index', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo')) return;
  const { url } = await serveFiles(t, await imageFiles());
  const host = url.replace('http://', '');
  const raw = await skopeo.run('inspect', '--raw', '--tls-verify=false', `docker://${host}/cdk/pause:3.9`);
  assert.equal(raw, INDEX.toString());
  const inspected: unknown = JSON.parse(await skopeo.run('inspect', '--override-arch=amd64', '--tls-verify=false', `docker://${host}/canonical/cdk/pause:3.9`));
  const { RepoTags, Digest, Layers } = inspected as Record<string, unknown>;
  assert.deepEqual([RepoTags, Digest, Layers], [['3.9'], `sha256:${sha256(INDEX)}`, [`sha256:${sha256(LAYER)}`]]);
});

test('skopeo copies an image out with equal digests, with a token when one is asked for', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo')) return;
  const { url, lines } = await serveFiles(t, await imageFiles(), { auth: { bearer: true } });
  const target = join(tempDir(t), 'copy');
  await skopeo.run('copy', '--override-arch=amd64', '--src-tls-verify=false', `docker://${url.replace('http://', '')}/calico/node:v1`, `dir:${target}`);
  assert.deepEqual(await readFile(join(target, 'manifest.json')), PAUSE);
  assert.ok((await readFile(join(target, sha256(LAYER)))).equals(LAYER));
  assert.ok((await readFile(join(target, sha256(CONFIG)))).equals(CONFIG));
  assert.ok(lines.some((line) => line.startsWith('GET /token?')));
});

test('skopeo pushes an image file, which then comes back byte for byte', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo')) return;
  const image = await sampleImage(tempDir(t), 'rocks.canonical.com:443/cdk/pause:3.9', 'oci');
  for (const auth of [{}, { auth: { bearer: true } as const }]) {
    const { url } = await serve(t, [], auth);
    const address = `docker://${url.replace('http://', '')}/cdk/pause:3.9`;
    await skopeo.run('copy', '--preserve-digests', '--dest-tls-verify=false', `oci-archive:${image.file}`, address);
    const target = join(tempDir(t), 'copy');
    await skopeo.run('copy', '--preserve-digests', '--src-tls-verify=false', address, `dir:${target}`);
    assert.equal(sha256(await readFile(join(target, 'manifest.json'))), image.manifest.digest.hex);
    for (const { digest } of [image.config, ...image.layers]) assert.deepEqual(await readFile(join(target, digest.hex)), image.blobs.get(digest.hex));
  }
});

test('skopeo reads an image out of a file that the product wrote', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'skopeo', 'skopeo')) return;
  const image = await sampleImage(tempDir(t), 'quay.io/a/b:1', 'oci');
  const digest = `sha256:${image.manifest.digest.hex}`;
  const row = ['quay.io/a/b:1', 'containers/a_b_1.tgz', digest, image.manifest.mediaType, 'linux/amd64', 1, '-', 'a/b:1'];
  const { url } = await serveFiles(t, {
    'manifest.json': manifest([]),
    'containers/images.tsv': imageTable([row]),
    'containers/a_b_1.tgz': await readFile(image.file),
  });
  const target = join(tempDir(t), 'copy');
  await skopeo.run('copy', '--preserve-digests', '--src-tls-verify=false', `docker://${url.replace('http://', '')}/a/b:1`, `dir:${target}`);
  for (const layer of image.layers) assert.deepEqual(await readFile(join(target, layer.digest.hex)), image.blobs.get(layer.digest.hex));
});

test('snap download goes as far as a foreign root allows: the snap is there, its chain is refused', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'snap', 'snapd')) return;
  const { url, lines } = await serveFiles(t, snapFiles());
  const cwd = tempDir(t);
  const { code, stderr } = await snap(url, cwd, 'download', 'word-salad', '--channel', '1.32/candidate');
  assert.equal(code, 1);
  assert.match(stderr, /cannot fetch snap signatures\/assertions|signature|public key/);
  assert.deepEqual(await readFile(join(cwd, 'word-salad_7.snap')), SNAP);
  assert.ok(
    lines.some((line) => line.startsWith('GET /v2/assertions/snap-revision/') && line.endsWith(' 200')),
    lines.join('\n'),
  );
});

test('snap download says in its own words what the store does not have', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'snap', 'snapd')) return;
  const { url } = await serveFiles(t, snapFiles());
  assert.match(
    (await snap(url, tempDir(t), 'download', 'word-salad', '--channel', '9.9/stable')).stderr,
    /cannot download snap "word-salad": no snap revision available as specified/,
  );
  assert.match((await snap(url, tempDir(t), 'download', 'nope')).stderr, /cannot download snap "nope": snap not found/);
});

test('snap known --remote knows the 404 for what it is', { timeout: 60_000 }, async (t) => {
  if (!hasPeer(t, 'snap', 'snapd')) return;
  const { url } = await serveFiles(t, snapFiles());
  const { code, stderr } = await snap(url, tempDir(t), 'known', '--remote', 'snap-declaration', 'series=16', `snap-id=${SNAP_ID.toLowerCase()}`);
  assert.equal(code, 1);
  assert.match(stderr, /snap-declaration \(.+\) not found/);
});

test('snap known --remote prints a genuine declaration from a stream that snap itself wrote', { timeout: 60_000 }, async (t) => {
  const stream = join(DATA, 'assertions', 'word-salad_7.assert');
  if (!hasPeer(t, 'snap', 'snapd')) return;
  if (!existsSync(stream)) return t.skip('the upstream data are not here: set SHRINKWRAP_DATA');
  const root = tempDir(t);
  await mkdir(join(root, 'snaps', 'trust'), { recursive: true });
  await writeFile(join(root, 'manifest.json'), manifest([]));
  await copyFile(stream, join(root, 'snaps', 'trust', 'word-salad_7.assert'));
  const { url } = await serve(t, [root]);
  const { code, stdout } = await snap(url, root, 'known', '--remote', 'snap-declaration', 'series=16', 'snap-id=UQEdRgY5gr1dI2fwIDOgUQidMZauRqt7');
  assert.equal(code, 0);
  assert.match(stdout, /^type: snap-declaration\n(?:.*\n)*snap-name: word-salad\n/);
});

test('unzip reads the bundle that the server makes', async (t) => {
  if (!hasPeer(t, 'unzip', 'unzip')) return;
  const { url } = await serveFiles(t, charmFiles());
  const folder = tempDir(t);
  const file = join(folder, 'b.bundle');
  await writeFile(file, Buffer.from(await (await fetch(`${url}/api/v1/charms/download/${BUNDLE_ID}_1061.bundle`)).arrayBuffer()));
  await run('unzip', '-q', file, '-d', join(folder, 'out'));
  assert.deepEqual((await readdir(join(folder, 'out'))).toSorted(), ['README.md', 'bundle.yaml']);
  assert.equal(await readFile(join(folder, 'out', 'bundle.yaml'), 'utf8'), BUNDLE);
});
