/** GitHub's contents API over sources/github, and the plain trees of apt/ and pypi/. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getJson, manifest, serve, serveFiles, type Files, writeTree } from './serve-fixture.ts';

const BUNDLE = 'applications: {}\n';
const LONG = `${'0123456789'.repeat(12)}\n`;
const files = (): Files => ({
  'manifest.json': manifest([]),
  'sources/github/charmed-kubernetes/bundle/HEAD/releases/1.26/bundle.yaml': BUNDLE,
  'sources/github/charmed-kubernetes/bundle/HEAD/releases/1.26/long.txt': LONG,
  'sources/github/charmed-kubernetes/bundle/release_1.26/overlays/a.yaml': 'on a branch\n',
  'sources/github/other/repo/main/a.txt': 'on main\n',
  'sources/github/other/repo/HEAD/a.txt': 'on the default branch\n',
});
/** Printed by `git hash-object --stdin` for the bytes above. */
const BUNDLE_BLOB = 'e77607ebafe0b5afec7cdc8dbcea7119698434ac';

describe('GET /repos/OWNER/REPO/contents/PATH', () => {
  const repository = '/repos/charmed-kubernetes/bundle/contents';

  it('answers a file as an object with base64 content', async (t) => {
    const { url } = await serveFiles(t, files());
    const { status, body } = await getJson(`${url}${repository}/releases/1.26/bundle.yaml`);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      name: 'bundle.yaml',
      path: 'releases/1.26/bundle.yaml',
      sha: BUNDLE_BLOB,
      size: 17,
      type: 'file',
      url: `${url}${repository}/releases/1.26/bundle.yaml`,
      html_url: null,
      git_url: null,
      download_url: `${url}/repos/charmed-kubernetes/bundle/raw/HEAD/releases/1.26/bundle.yaml`,
      content: 'YXBwbGljYXRpb25zOiB7fQo=\n',
      encoding: 'base64',
    });
  });

  it('wraps base64 after 60 characters, as GitHub does', async (t) => {
    const { url } = await serveFiles(t, files());
    const { content } = (await getJson(`${url}${repository}/releases/1.26/long.txt`)).body as { content: string };
    assert.deepEqual(
      content.split('\n').map((line) => line.length),
      [60, 60, 44, 0],
    );
    assert.equal(Buffer.from(content, 'base64').toString(), LONG);
  });

  it('lists a folder as an array, sorted, with addresses that lead to the bytes', async (t) => {
    const { url } = await serveFiles(t, files());
    const { body } = await getJson(`${url}${repository}/releases/1.26`);
    const rows = body as { name: string; type: string; size: number; download_url: string }[];
    assert.deepEqual(
      rows.map(({ name, type, size }) => [name, type, size]),
      [
        ['bundle.yaml', 'file', 17],
        ['long.txt', 'file', 121],
      ],
    );
    assert.equal(await (await fetch(rows[1]?.download_url ?? '')).text(), LONG);
    const [folder] = (await getJson(`${url}${repository}/releases`)).body as Record<string, unknown>[];
    assert.deepEqual(
      [folder?.['name'], folder?.['path'], folder?.['type'], folder?.['download_url'], folder?.['size']],
      ['1.26', 'releases/1.26', 'dir', null, 0],
    );
    const top = (await getJson(`${url}${repository}`)).body as { name: string }[];
    assert.deepEqual(
      top.map(({ name }) => name),
      ['releases'],
    );
  });

  it('reads another ref, and main as the default branch unless it is kept itself', async (t) => {
    const { url } = await serveFiles(t, files());
    const text = async (path: string): Promise<unknown> => {
      const { status, body } = await getJson(`${url}/repos/${path}`);
      return status === 200 ? Buffer.from((body as { content: string }).content, 'base64').toString() : status;
    };
    assert.equal(await text('charmed-kubernetes/bundle/contents/overlays/a.yaml?ref=release_1.26'), 'on a branch\n');
    assert.equal(await text('charmed-kubernetes/bundle/contents/overlays/a.yaml'), 404);
    assert.equal(await text('charmed-kubernetes/bundle/contents/releases/1.26/bundle.yaml?ref=main'), BUNDLE);
    assert.equal(await text('other/repo/contents/a.txt?ref=main'), 'on main\n');
    assert.equal(await text('other/repo/contents/a.txt'), 'on the default branch\n');
  });

  it('answers an unknown path, ref or repository with 404 and no path leaves the folder', async (t) => {
    const { url } = await serveFiles(t, files());
    const paths = [
      `${repository}/nope`,
      `${repository}/releases/1.26/bundle.yaml?ref=nope`,
      '/repos/a/b/contents/c',
      `${repository}/releases/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/manifest.json`,
      `${repository}/..%2f..%2f..%2f..%2f..%2fmanifest.json`,
      `${repository}/a?ref=..%2f..%2f..%2f..`,
    ];
    for (const path of paths) {
      const { status, body } = await getJson(url + path);
      assert.deepEqual([status, body], [404, { message: 'Not Found' }], path);
    }
  });

  it('gives the raw bytes to who accepts them', async (t) => {
    const { url } = await serveFiles(t, files());
    const response = await fetch(`${url}${repository}/releases/1.26/bundle.yaml`, { headers: { accept: 'application/vnd.github.raw+json' } });
    assert.equal(await response.text(), BUNDLE);
  });

  it('merges the folders of several directories, the first winning', async (t) => {
    const second = { 'manifest.json': manifest([]), 'sources/github/other/repo/HEAD/a.txt': 'later', 'sources/github/other/repo/HEAD/b.txt': 'only here' };
    const { url } = await serve(t, [await writeTree(t, files()), await writeTree(t, second)]);
    const rows = (await getJson(`${url}/repos/other/repo/contents/`)).body as { name: string; size: number }[];
    assert.deepEqual(
      rows.map(({ name, size }) => [name, size]),
      [
        ['a.txt', 22],
        ['b.txt', 9],
      ],
    );
  });
});

describe('apt/ and pypi/', () => {
  it('serves their files as they lie, and nothing else of the directory', async (t) => {
    const { url } = await serveFiles(t, {
      'manifest.json': manifest([]),
      'apt/dists/jammy/InRelease': 'signed',
      'pypi/simple/pip/index.html': '<a href="pip.whl">',
      'charms/secret': 'x',
    });
    assert.equal(await (await fetch(`${url}/apt/dists/jammy/InRelease`)).text(), 'signed');
    const page = await fetch(`${url}/pypi/simple/pip/`);
    assert.deepEqual([page.headers.get('content-type'), await page.text()], ['text/html; charset=utf-8', '<a href="pip.whl">']);
    for (const path of ['/apt/nope', '/apt/..%2fcharms/secret', '/charms/secret', '/manifest.json']) assert.equal((await fetch(url + path)).status, 404, path);
  });
});
