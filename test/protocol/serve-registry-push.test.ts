/** Pushing to the registry against the sheet (oci 1.5, 1.7): uploads, mounts, manifests and the list of tags, over real sockets. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { createUpstreamServer } from '#src/serve/server.js';
import { getJson, manifest, serve, serveFiles, sha256, writeTree } from './serve-fixture.ts';
import { CONFIG, INDEX, INDEX_TYPE, LAYER, MANIFEST_TYPE, OTHER_CONFIG, PAUSE, imageFiles } from './serve-image-files.ts';

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

const push = {
  async blob(url: string, name: string, bytes: Buffer): Promise<Response> {
    const started = await fetch(`${url}/v2/${name}/blobs/uploads/`, { method: 'POST' });
    assert.deepEqual([started.status, started.headers.get('range')], [202, '0-0']);
    return fetch(`${started.headers.get('location') ?? ''}&digest=${digestOf(bytes)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    });
  },
  manifest: (url: string, name: string, reference: string, bytes: Buffer, type = MANIFEST_TYPE): Promise<Response> =>
    fetch(`${url}/v2/${name}/manifests/${reference}`, { method: 'PUT', headers: { 'content-type': type }, body: bytes }),
};

describe('push', () => {
  it('takes an image and its index and gives them back', async (t) => {
    const { url } = await serve(t, []);
    const name = 'cdk/pause';
    assert.equal((await get(`${url}/v2/${name}/manifests/3.9`)).status, 404);
    for (const blob of [CONFIG, LAYER]) {
      const done = await push.blob(url, name, blob);
      assert.deepEqual(
        [done.status, done.headers.get('docker-content-digest'), done.headers.get('location')],
        [201, digestOf(blob), `${url}/v2/${name}/blobs/${digestOf(blob)}`],
      );
    }
    const child = await push.manifest(url, name, digestOf(PAUSE), PAUSE);
    assert.deepEqual([child.status, child.headers.get('docker-content-digest')], [201, digestOf(PAUSE)]);
    assert.equal((await push.manifest(url, name, '3.9', INDEX, INDEX_TYPE)).status, 201);
    assert.deepEqual((await get(`${url}/v2/${name}/manifests/3.9`)).bytes, INDEX);
    assert.deepEqual((await get(`${url}/v2/${name}/manifests/${digestOf(PAUSE)}`)).bytes, PAUSE);
    assert.ok((await get(`${url}/v2/${name}/blobs/${digestOf(LAYER)}`)).bytes.equals(LAYER));
    assert.deepEqual((await getJson(`${url}/v2/${name}/tags/list`)).body, { name, tags: ['3.9'] });
  });

  it('refuses a manifest whose parts are not there, naming each', async (t) => {
    const { url } = await serve(t, []);
    const refused = await push.manifest(url, 'a/b', '1', PAUSE);
    const { errors } = (await refused.json()) as { errors: { code: string; detail: { digest: string } }[] };
    assert.equal(refused.status, 400);
    assert.deepEqual(
      errors.map(({ code, detail }) => [code, detail.digest]),
      [
        ['MANIFEST_BLOB_UNKNOWN', digestOf(CONFIG)],
        ['MANIFEST_BLOB_UNKNOWN', digestOf(LAYER)],
      ],
    );
    const index = await push.manifest(url, 'a/b', '1', INDEX, INDEX_TYPE);
    assert.deepEqual(codesOf(Buffer.from(await index.arrayBuffer())), ['MANIFEST_BLOB_UNKNOWN']);
  });

  it('refuses blobs and manifests that are not what their digest says', async (t) => {
    const { url } = await serve(t, []);
    const started = await fetch(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    const wrong = await fetch(`${started.headers.get('location') ?? ''}&digest=${digestOf(LAYER)}`, { method: 'PUT', body: CONFIG });
    assert.deepEqual([wrong.status, codesOf(Buffer.from(await wrong.arrayBuffer()))], [400, ['DIGEST_INVALID']]);
    assert.equal((await get(`${url}/v2/a/b/blobs/${digestOf(LAYER)}`)).status, 404);
    const empty = Buffer.from('{"schemaVersion":2,"manifests":[]}');
    const named = await push.manifest(url, 'a/b', digestOf(LAYER), empty, INDEX_TYPE);
    assert.deepEqual([named.status, codesOf(Buffer.from(await named.arrayBuffer()))], [400, ['DIGEST_INVALID']]);
  });

  it('refuses a manifest of another type than it says, of two kinds at once, and one that is too large', async (t) => {
    const { url } = await serve(t, []);
    const codes = async (bytes: Buffer, type: string): Promise<unknown[]> => {
      const response = await push.manifest(url, 'a/b', '1', bytes, type);
      return [response.status, ...codesOf(Buffer.from(await response.arrayBuffer()))];
    };
    assert.deepEqual(await codes(INDEX, 'application/vnd.oci.image.index.v1+json'), [400, 'MANIFEST_INVALID']);
    assert.deepEqual(await codes(Buffer.from('{"manifests":[],"layers":[]}'), INDEX_TYPE), [400, 'MANIFEST_INVALID']);
    assert.deepEqual(await codes(Buffer.from('not json'), MANIFEST_TYPE), [400, 'MANIFEST_INVALID']);
    assert.deepEqual(await codes(Buffer.alloc(4 * 1024 * 1024 + 1, ' '), MANIFEST_TYPE), [413, 'SIZE_INVALID']);
  });

  it('takes a blob in chunks, in order, each at the newest address', async (t) => {
    const { url } = await serve(t, []);
    const patch = (location: string, from: number, to: number): Promise<Response> =>
      fetch(location, { method: 'PATCH', headers: { 'content-range': `${from}-${to - 1}` }, body: LAYER.subarray(from, to) });
    const started = (await fetch(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST' })).headers.get('location') ?? '';
    const first = await patch(started, 0, 100_000);
    const next = first.headers.get('location') ?? '';
    assert.deepEqual([first.status, first.headers.get('range')], [202, '0-99999']);
    assert.equal((await patch(started, 100_000, 200_000)).status, 404);
    assert.equal((await patch(next, 150_000, 200_000)).status, 416);
    const status = await fetch(next);
    assert.deepEqual([status.status, status.headers.get('range'), status.headers.get('location')], [204, '0-99999', next]);
    const last = (await patch(next, 100_000, 200_000)).headers.get('location') ?? '';
    assert.equal((await fetch(`${last}&digest=${digestOf(LAYER)}`, { method: 'PUT' })).status, 201);
    assert.ok((await get(`${url}/v2/a/b/blobs/${digestOf(LAYER)}`)).bytes.equals(LAYER));
  });

  it('forgets an upload that is cancelled', async (t) => {
    const { url } = await serve(t, []);
    const location = (await fetch(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST' })).headers.get('location') ?? '';
    assert.equal((await fetch(location, { method: 'DELETE' })).status, 204);
    assert.equal((await fetch(location)).status, 404);
  });

  it('mounts a blob of another repository, or opens an ordinary upload', async (t) => {
    const { url } = await serveFiles(t, await imageFiles());
    const mount = (query: string): Promise<Response> => fetch(`${url}/v2/x/y/blobs/uploads/?${query}`, { method: 'POST' });
    assert.equal((await mount(`mount=${digestOf(LAYER)}&from=cdk/pause`)).status, 201);
    assert.ok((await get(`${url}/v2/x/y/blobs/${digestOf(LAYER)}`)).bytes.equals(LAYER));
    assert.equal((await mount(`mount=${digestOf(OTHER_CONFIG)}&from=cdk/pause`)).status, 202);
    assert.equal((await mount(`mount=${digestOf(LAYER)}`)).status, 202);
  });

  it('can be switched off, or sent to a given folder', async (t) => {
    const dir = await writeTree(t, { 'manifest.json': manifest([]) });
    const closed = await serve(t, [dir], { pushDir: false });
    const refused = await fetch(`${closed.url}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    assert.deepEqual([refused.status, codesOf(Buffer.from(await refused.arrayBuffer()))], [405, ['UNSUPPORTED']]);
    const given = await serve(t, [], { pushDir: `${dir}/pushed` });
    await push.blob(given.url, 'a/b', CONFIG);
    assert.deepEqual(await readdir(`${dir}/pushed`), [`sha256-${sha256(CONFIG)}`]);
  });
});

it('makes its folder when the first upload begins and removes it when closed', async () => {
  const folders = async (): Promise<string[]> => (await readdir(tmpdir())).filter((name) => name.startsWith(`shrinkwrap-push--${process.pid}-`));
  const before = await folders();
  const server = createUpstreamServer({ dirs: [] });
  const { url } = await server.listen('127.0.0.1', 0);
  assert.deepEqual(await folders(), before);
  await push.blob(url, 'a/b', CONFIG);
  const during = (await folders()).filter((name) => !before.includes(name));
  assert.equal(during.length, 1);
  await server.close();
  assert.ok(!(await folders()).includes(during[0] ?? ''));
});

describe('tags', () => {
  it('pages through them with Link, the same address as the client used', async (t) => {
    const { url } = await serve(t, []);
    for (const tag of ['b', 'a', 'd', 'c', 'e']) assert.equal((await push.manifest(url, 'many', tag, Buffer.from('{"manifests":[]}'), INDEX_TYPE)).status, 201);
    const pages: unknown[] = [];
    for (let next: string | undefined = `${url}/v2/many/tags/list?n=2`; next !== undefined;) {
      const { body, headers } = await getJson(next);
      pages.push((body as { tags: string[] }).tags);
      next = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    assert.deepEqual(pages, [['a', 'b'], ['c', 'd'], ['e']]);
    assert.deepEqual((await getJson(`${url}/v2/many/tags/list?n=0`)).body, { name: 'many', tags: [] });
    assert.equal((await getJson(`${url}/v2/many/tags/list?n=x`)).status, 400);
  });
});
