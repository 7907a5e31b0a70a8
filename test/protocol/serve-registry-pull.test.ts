/** Pulling from the registry against the sheet (oci 1.1-1.4, 2.1): names, indexes, ranges and tokens, over real sockets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { getJson, manifest, serveFiles, sha256 } from './serve-fixture.ts';
import {
  CONFIG,
  INDEX,
  INDEX_TYPE,
  LAYER,
  MANIFEST_TYPE,
  OTHER,
  OTHER_CONFIG,
  PAUSE,
  imageFile,
  imageFiles,
  imageTable,
  layoutFiles,
  tarOf,
} from './serve-image-files.ts';

const digestOf = (bytes: Buffer): string => `sha256:${sha256(bytes)}`;
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

async function get(url: string, headers: Record<string, string> = { accept: ACCEPT }): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

const codesOf = (bytes: Buffer): string[] => (JSON.parse(bytes.toString()) as { errors: { code: string }[] }).errors.map(({ code }) => code);

describe('pull', () => {
  it('answers the base of the API', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    const { status, headers } = await get(`${url}/v2/`);
    assert.deepEqual([status, headers.get('docker-distribution-api-version')], [200, 'registry/2.0']);
  });

  it('answers a tag with the index that it named upstream, and the child by digest', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    const byTag = await get(`${url}/v2/cdk/pause/manifests/3.9`);
    assert.deepEqual(byTag.bytes, INDEX);
    assert.deepEqual(
      ['content-type', 'docker-content-digest', 'content-length'].map((name) => byTag.headers.get(name)),
      [INDEX_TYPE, digestOf(INDEX), String(INDEX.length)],
    );
    assert.deepEqual((await get(`${url}/v2/cdk/pause/manifests/${digestOf(INDEX)}`)).bytes, INDEX);
    const child = await get(`${url}/v2/cdk/pause/manifests/${digestOf(PAUSE)}`);
    assert.deepEqual([child.headers.get('content-type'), child.bytes], [MANIFEST_TYPE, PAUSE]);
    assert.deepEqual((await get(`${url}/v2/calico/node/manifests/v1`)).bytes, PAUSE);
  });

  it('answers every image of an index that the file has whole, and none that it lacks', async (t) => {
    const absent = Buffer.from('{"schemaVersion":2,"absent":true}');
    const listed = [PAUSE, OTHER, absent].map((bytes) => ({ mediaType: MANIFEST_TYPE, digest: digestOf(bytes), size: bytes.length }));
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: listed }));
    const row = [`h.io/x/y:1@${digestOf(index)}`, 'containers/y.tgz', digestOf(PAUSE), MANIFEST_TYPE, 'linux/amd64', 1, digestOf(index), 'x/y:1'];
    const { url } = await serveFiles(t, {
      'manifest.json': manifest([]),
      'containers/images.tsv': imageTable([row]),
      'containers/y.tgz': await imageFile(index, [PAUSE, OTHER, CONFIG, OTHER_CONFIG, LAYER]),
      [`sources/images/sha256-${sha256(index)}.json`]: index,
    });
    const statuses = await Promise.all(['1', digestOf(index), ...listed.map(({ digest }) => digest)].map((name) => get(`${url}/v2/x/y/manifests/${name}`)));
    assert.deepEqual(
      statuses.map(({ status, headers }) => `${status} ${headers.get('docker-content-digest') ?? '-'}`),
      [`200 ${digestOf(index)}`, `200 ${digestOf(index)}`, `200 ${digestOf(PAUSE)}`, `200 ${digestOf(OTHER)}`, '404 -'],
    );
    assert.equal((await get(`${url}/v2/x/y/blobs/${digestOf(OTHER_CONFIG)}`)).status, 200);
  });

  it('answers out of a layout, to each repository its own blobs', async (t) => {
    const { url } = await serveFiles(t, layoutFiles());
    assert.deepEqual((await get(`${url}/v2/cdk/pause/manifests/3.9`)).bytes, INDEX);
    assert.deepEqual((await get(`${url}/v2/cdk/pause/manifests/${digestOf(PAUSE)}`)).bytes, PAUSE);
    assert.deepEqual((await get(`${url}/v2/calico/node/manifests/v1`)).bytes, OTHER);
    const range = await get(`${url}/v2/cdk/pause/blobs/${digestOf(LAYER)}`, { range: 'bytes=70000-70099' });
    assert.deepEqual([range.status, range.bytes.equals(LAYER.subarray(70_000, 70_100))], [206, true]);
    assert.equal((await get(`${url}/v2/calico/node/blobs/${digestOf(OTHER_CONFIG)}`)).status, 200);
    for (const other of [CONFIG, INDEX]) assert.equal((await get(`${url}/v2/calico/node/blobs/${digestOf(other)}`)).status, 404);
  });

  it('answers HEAD with the headers alone', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    const response = await fetch(`${url}/v2/cdk/pause/manifests/3.9`, { method: 'HEAD', headers: { accept: ACCEPT } });
    assert.deepEqual(
      [response.status, response.headers.get('docker-content-digest'), response.headers.get('content-length')],
      [200, digestOf(INDEX), String(INDEX.length)],
    );
    assert.equal(await response.text(), '');
  });

  it('answers under the path, its twin below canonical/, and every target', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    for (const name of ['cdk/pause', 'canonical/cdk/pause', 'pause', 'other/pause', 'cdk/other/pause', 'canonical/cdk/other/pause']) {
      assert.equal((await get(`${url}/v2/${name}/manifests/3.9`)).status, 200, name);
    }
    for (const name of ['nope/pause', 'canonical/pause', 'library/pause']) {
      const { status, bytes } = await get(`${url}/v2/${name}/manifests/3.9`);
      assert.deepEqual([status, codesOf(bytes)], [404, ['NAME_UNKNOWN']], name);
    }
  });

  it('narrows by ns when an image has that host, and otherwise goes by the path', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    assert.deepEqual((await get(`${url}/v2/calico/node/manifests/v1?ns=quay.io`)).bytes, OTHER);
    assert.deepEqual((await get(`${url}/v2/calico/node/manifests/v1?ns=docker.io`)).bytes, PAUSE);
    assert.deepEqual((await get(`${url}/v2/calico/node/manifests/v1?ns=ghcr.io`)).bytes, PAUSE);
  });

  it('keeps a manifest from who does not accept its type', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    const refused = await get(`${url}/v2/cdk/pause/manifests/3.9`, { accept: 'application/vnd.oci.image.manifest.v1+json' });
    assert.deepEqual([refused.status, codesOf(refused.bytes)], [404, ['MANIFEST_UNKNOWN']]);
    assert.equal((await get(`${url}/v2/cdk/pause/manifests/3.9`, { accept: `${INDEX_TYPE};q=0.5, */*` })).status, 200);
  });

  it('serves blobs of the repository, whole and in ranges across the blocks of the file', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    const path = `${url}/v2/cdk/pause/blobs/${digestOf(LAYER)}`;
    const whole = await get(path);
    assert.deepEqual([whole.status, whole.headers.get('docker-content-digest'), whole.bytes.equals(LAYER)], [200, digestOf(LAYER), true]);
    assert.deepEqual((await get(`${url}/v2/calico/node/blobs/${digestOf(OTHER_CONFIG)}`)).bytes, OTHER_CONFIG);
    for (const [from, to] of [
      [0, 0],
      [65_000, 131_200],
      [131_071, 131_072],
      [199_999, 199_999],
    ] as const) {
      const part = await get(path, { range: `bytes=${from}-${to}` });
      assert.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes ${from}-${to}/200000`]);
      assert.ok(part.bytes.equals(LAYER.subarray(from, to + 1)), `${from}-${to}`);
    }
    const behind = await get(path, { range: 'bytes=200000-' });
    assert.deepEqual([behind.status, behind.headers.get('content-range')], [416, 'bytes */200000']);
    const foreign = await get(`${url}/v2/cdk/pause/blobs/${digestOf(OTHER_CONFIG)}`);
    assert.deepEqual([foreign.status, codesOf(foreign.bytes)], [404, ['BLOB_UNKNOWN']]);
  });

  it('reads image files of another gzip too', async (t) => {
    const tar = await tarOf({
      'index.json': JSON.stringify({
        manifests: [{ mediaType: MANIFEST_TYPE, digest: digestOf(PAUSE), annotations: { 'io.containerd.image.name': 'quay.io/a/b:1' } }],
      }),
      ...Object.fromEntries([PAUSE, CONFIG, LAYER].map((blob) => [`blobs/sha256/${sha256(blob)}`, blob])),
    });
    const { url } = await serveFiles(t, {
      'manifest.json': manifest([]),
      'containers/images.tsv': imageTable([['quay.io/a/b:1', 'containers/b.tgz', digestOf(PAUSE), MANIFEST_TYPE, 'linux/amd64', 1, '-', 'a/b:1']]),
      'containers/b.tgz': gzipSync(tar, { level: 9 }),
    });
    const part = await get(`${url}/v2/a/b/blobs/${digestOf(LAYER)}`, { range: 'bytes=150000-160000' });
    assert.ok(part.bytes.equals(LAYER.subarray(150_000, 160_001)));
  });

  it('answers a digest-only image under the made-up tag of its target alone', async (t) => {
    const { url } = await serveFiles(t, {
      'manifest.json': manifest([]),
      'containers/images.tsv': imageTable([
        [`quay.io/a/b@${digestOf(PAUSE)}`, 'containers/b.tgz', digestOf(PAUSE), MANIFEST_TYPE, 'linux/amd64', 1, '-', 'a/b:sha256-0123456789ab'],
      ]),
      'containers/b.tgz': await imageFile(PAUSE, [CONFIG, LAYER]),
    });
    assert.equal((await get(`${url}/v2/a/b/manifests/${digestOf(PAUSE)}`)).status, 200);
    assert.equal((await get(`${url}/v2/a/b/manifests/latest`)).status, 404);
    assert.deepEqual((await getJson(`${url}/v2/a/b/tags/list`)).body, { name: 'a/b', tags: ['sha256-0123456789ab'] });
  });
});

describe('bearer tokens', () => {
  it('challenges, hands out a token of the scope, and takes it until it ends', async (t) => {
    let time = Date.parse('2026-11-21T00:00:00Z');
    const { url } = await serveFiles(t, await imageFiles(), { auth: { bearer: true, seconds: 60 }, now: () => new Date(time) });
    const path = `${url}/v2/cdk/pause/manifests/3.9`;
    const challenged = await get(path);
    const host = url.replace('http://', '');
    assert.deepEqual([challenged.status, codesOf(challenged.bytes)], [401, ['UNAUTHORIZED']]);
    assert.equal(challenged.headers.get('www-authenticate'), `Bearer realm="${url}/token",service="${host}",scope="repository:cdk/pause:pull"`);
    const { body } = await getJson(`${url}/token?service=${host}&scope=repository:cdk/pause:pull`);
    const { token, ...rest } = body as { token: string };
    assert.deepEqual(rest, { access_token: token, expires_in: 60, issued_at: '2026-11-21T00:00:00.000Z' });
    const authorization = `Bearer ${token}`;
    assert.equal((await get(path, { authorization })).status, 200);
    assert.equal((await get(`${url}/v2/calico/node/manifests/v1`, { authorization })).status, 401);
    const pushing = await fetch(`${url}/v2/cdk/pause/blobs/uploads/`, { method: 'POST', headers: { authorization } });
    assert.match(pushing.headers.get('www-authenticate') ?? '', /scope="repository:cdk\/pause:pull,push"$/);
    time += 60_000;
    assert.equal((await get(path, { authorization })).status, 401);
  });

  it('leaves the other protocols open', async (t) => {
    const { url } = await serveFiles(t, await imageFiles(), { auth: { bearer: true } });
    assert.equal((await get(`${url}/v2/`)).status, 401);
    assert.equal((await get(`${url}/healthz`)).status, 200);
    assert.equal((await get(`${url}/v2/charms/find`)).status, 200);
  });
});
