/** The one listener: routing, what is wrong with a directory at the start, and what may not bring it down. */
import assert from 'node:assert/strict';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { createUpstreamServer } from '#src/serve/server.js';
import { charmFiles } from './serve-charm-files.ts';
import { getJson, manifest, serve, serveFiles, sha256, type Files, writeTree } from './serve-fixture.ts';
import { CONFIG, LAYER, MANIFEST_TYPE, PAUSE, imageFile, imageTable } from './serve-image-files.ts';
import { SNAP_ID, snapFiles } from './serve-snap-files.ts';

async function failure(dirs: readonly string[]): Promise<string> {
  const server = createUpstreamServer({ dirs });
  const error: unknown = await server.listen('127.0.0.1', 0).then(
    async () => {
      await server.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  assert.ok(isShrinkwrapError(error), `expected a refusal, got ${String(error)}`);
  return error.message;
}

/** Sends the bytes as they are and collects what comes back until the server closes. */
function rawRequest(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

describe('the listener', () => {
  it('answers /healthz and says 404 in JSON to everything unknown', async (t) => {
    const { url } = await serve(t, []);
    const health = await getJson(`${url}/healthz`);
    assert.deepEqual([health.status, health.body], [200, { ok: true }]);
    for (const path of ['/', '/nope', '/v1/charms/info/etcd', '/v2/charms/info', '/v2/snaps/nope', '/api/v1/snaps/nope', '/healthz/x', '/%zz', '/token']) {
      const { status, type } = await getJson(url + path);
      assert.deepEqual([status, type], [404, 'application/json'], path);
    }
  });

  it('says when the port is taken, and lets go of its own when closed', async (t) => {
    const first = createUpstreamServer({ dirs: [] });
    const { port } = await first.listen('127.0.0.1', 0);
    t.after(() => first.close());
    const second = createUpstreamServer({ dirs: [] });
    await assert.rejects(second.listen('127.0.0.1', port), /USAGE_BAD .*cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
    await second.close();
    await first.close();
    assert.deepEqual(await second.listen('127.0.0.1', port), { url: `http://127.0.0.1:${port}`, port });
    await second.close();
  });

  it('logs a line a request', async (t) => {
    const { url, lines } = await serve(t, []);
    await fetch(`${url}/healthz?x=1`);
    await fetch(`${url}/nope`, { method: 'POST', body: 'x' });
    assert.deepEqual(lines, ['GET /healthz?x=1 200', 'POST /nope 404']);
  });

  it('takes no foreign text from the Host header into its addresses', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const answer = await rawRequest(url, 'GET /v2/charms/resources/etcd/core/revisions HTTP/1.1\r\nHost: evil"/x\r\nConnection: close\r\n\r\n');
    assert.match(answer, new RegExp(`"url":"${url}/api/v1/`));
  });

  it('breaks off a file that shrank since the start, and lives on', async (t) => {
    const root = await writeTree(t, snapFiles());
    const { url } = await serve(t, [root]);
    await truncate(join(root, 'snaps/word-salad_7_amd64.snap'), 5);
    await assert.rejects(fetch(`${url}/api/v1/snaps/download/${SNAP_ID}_7.snap`).then((response) => response.text()));
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  });

  it('turns what goes wrong inside into a 500 of that request alone', async (t) => {
    const root = await writeTree(t, charmFiles());
    const { url, lines } = await serve(t, [root]);
    await writeFile(join(root, 'charms/etcd_r740.charm'), 'no longer a zip');
    const broken = await getJson(`${url}/v2/charms/info/etcd?channel=1.27/candidate&fields=default-release.revision.metadata-yaml`);
    assert.deepEqual([broken.status, broken.body], [500, { message: 'Internal Server Error' }]);
    assert.match(lines.at(-1) ?? '', / 500: /);
    assert.equal((await getJson(`${url}/v2/charms/info/etcd`)).status, 200);
  });

  it('takes back what a client sent that went away in the middle of an upload', async (t) => {
    const { url, lines } = await serveFiles(t, charmFiles());
    const location = (await fetch(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST' })).headers.get('location') ?? '';
    const { pathname, search, hostname, port } = new URL(location);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`PATCH ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort`, () => socket.destroy());
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    while (!lines.some((line) => line.startsWith('PATCH '))) await setTimeout(5);
    // The broken body left nothing in the session.
    const done = await fetch(`${location}&digest=sha256:${sha256('whole')}`, { method: 'PUT', body: 'whole' });
    assert.equal(done.status, 201);
  });
});

describe('a directory that is wrong', () => {
  const broken = async (
    t: Parameters<typeof writeTree>[0],
    change: (files: Files) => void,
    from: () => Files | Promise<Files> = charmFiles,
  ): Promise<string> => {
    const files = await from();
    change(files);
    return failure([await writeTree(t, files)]);
  };
  const edit =
    (path: string, from: string | RegExp, to: string) =>
    (files: Files): void => {
      const before = String(files[path]);
      files[path] = before.replace(from, to);
      assert.notEqual(files[path], before);
    };

  it('is refused when it or its manifest is absent or no JSON', async (t) => {
    assert.match(await failure(['/nonexistent/archive']), /INPUT_ABSENT .*\/nonexistent\/archive/);
    assert.match(await failure([await writeTree(t, { x: '' })]), /INPUT_ABSENT .*manifest\.json/);
    assert.match(await failure([await writeTree(t, { 'manifest.json': '{' })]), /INPUT_MALFORMED .*manifest\.json/);
    assert.match(await failure([await writeTree(t, { 'manifest.json': manifest([]).replace('archive/1', 'archive/2') })]), /shrinkwrap-archive\/2/);
  });

  it('is refused with the name of the file that is missing or of another size', async (t) => {
    assert.match(await broken(t, (files) => delete files['charms/etcd_r718.charm']), /charms\/etcd_r718\.charm/);
    assert.match(await broken(t, (files) => void (files['resources/etcd/core/core.snap'] = 'x')), /resources\/etcd\/core\/core\.snap has 1 bytes/);
    assert.match(await broken(t, (files) => delete files['bundle.orig.yaml']), /bundle\.orig\.yaml/);
    assert.match(await broken(t, (files) => delete files['snaps/word-salad_7_amd64.snap'], snapFiles), /word-salad_7_amd64\.snap/);
    assert.match(await broken(t, (files) => delete files['snaps/word-salad_7_amd64.assert'], snapFiles), /word-salad_7_amd64\.assert/);
  });

  it('is refused when a row leads out of it', async (t) => {
    for (const path of ['../outside', '/etc/passwd', 'charms/../../outside', 'charms\\\\..', 'charms//x']) {
      assert.match(await broken(t, edit('manifest.json', 'charms/etcd_r718.charm', path)), /plain relative path/, path);
    }
    assert.match(await broken(t, edit('snaps/snaps.tsv', 'snaps/word-salad_7_amd64.snap', '../x'), snapFiles), /plain relative path/);
    const root = await writeTree(t, { ...charmFiles(), 'charms/etcd_r718.charm': '' });
    const outside = await writeTree(t, { secret: 'x' });
    const linked = await writeTree(t, {
      'manifest.json': manifest([]),
      'containers/images.tsv': imageTable([['q.io/a:1', 'containers/a.tgz', `sha256:${'0'.repeat(64)}`, MANIFEST_TYPE, 'linux/amd64', 1, '-', 'a:1']]),
    });
    await symlink(join(outside, 'secret'), join(linked, 'containers/a.tgz'));
    assert.match(await failure([linked]), /inside the directory/);
    assert.match(await failure([root]), /has 0 bytes/);
  });

  it('is refused with place and value when a row is of the wrong shape', async (t) => {
    assert.match(await broken(t, edit('manifest.json', '"revision":718', '"revision":"718"')), /artifacts\[0\]\.revision.*\\"718\\"/);
    assert.match(await broken(t, edit('manifest.json', 'ubuntu@22.04', 'jammy')), /artifacts\[0\]\.bases/);
    assert.match(await broken(t, edit('manifest.json', '1.26/stable', '1.26/x/y/z')), /charm etcd: channel/);
    assert.match(await broken(t, edit('snaps/snaps.tsv', 'sha3_384', 'sha3'), snapFiles), /wanted the columns/);
    assert.match(await broken(t, edit('snaps/snaps.tsv', '1.32/stable', '//'), snapFiles), /channel/);
    assert.match(await broken(t, edit('snaps/word-salad_7_amd64.assert', 'type: account\n', 'type: nonsense\n'), snapFiles), /word-salad_7_amd64\.assert/);
  });

  it('is refused when an image file does not hold its manifest, is cut short or no archive at all', async (t) => {
    const table = (digest: string): string =>
      imageTable([['quay.io/a/b:1', 'containers/b.tgz', `sha256:${digest}`, MANIFEST_TYPE, 'linux/amd64', 1, '-', 'a/b:1']]);
    const whole = await imageFile(PAUSE, [CONFIG, LAYER]);
    const start = async (digest: string, file: Buffer): Promise<string> =>
      failure([await writeTree(t, { 'manifest.json': manifest([]), 'containers/images.tsv': table(digest), 'containers/b.tgz': file })]);
    assert.match(await start('0'.repeat(64), whole), /containers\/b\.tgz does not hold manifest/);
    assert.match(await start(sha256(PAUSE), whole.subarray(0, 100_000)), /b\.tgz/);
    assert.match(await start(sha256(PAUSE), Buffer.from('not a gzip')), /b\.tgz/);
  });
});
