// deploy.sh check: what the snap store of the site answers for each snap, on exactly its channel (facts/offline-deploy.md 3.4).
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { buildKitArchive, type KitArchive, type KitOptions } from '../support/kit-archive.ts';
import { deploySh } from '../support/kit-run.ts';

const SNAPS = [
  ['snapd', 'latest/stable'],
  ['kubelet', '1.29/stable'],
].map(([name = '', channel = ''], index) => {
  const stem = `snaps/${name}_${index + 1}_amd64`;
  return [name, String(index + 1), 'amd64', channel, '-', 'app', 'strict', String(index + 1), `${stem}.snap`, `${stem}.assert`, 'ab'.repeat(48), '1'];
});

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive({ images: [], snaps: SNAPS, ...options });
  t.after(() => archive.remove());
  return archive;
}

/** Answers `GET /v2/snaps/info/NAME` like the store does (facts/snap-store.md): channels by name, as TRACK/RISK. */
async function store(t: TestContext, channels: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://store');
    const name = url.pathname.replace('/v2/snaps/info/', '');
    const known = channels[name];
    if (known === undefined || request.headers['snap-device-series'] !== '16') {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error-list":[{"code":"resource-not-found","message":"No snap named that"}]}');
      return;
    }
    const map = known.map((channel) => {
      const [track, risk] = channel.split('/');
      const named = { architecture: 'amd64', name: channel, 'released-at': '2026-01-01T00:00:00+00:00', risk, track };
      return { channel: named, created_at: '2026-01-01T00:00:00+00:00', revision: 1, version: '1' };
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ 'channel-map': map, name, 'snap-id': 'x' }, null, 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a store with every channel is well; the settings may name it in two ways', async (t) => {
  const archive = archiveFor(t);
  const url = await store(t, { snapd: ['latest/stable'], kubelet: ['1.30/stable', '1.29/stable'] });
  for (const name of ['SNAP_STORE_URL', 'SNAPD_API_URL']) {
    const run = await deploySh(archive, ['check'], { [name]: url });
    assert.equal(run.code, 0, run.stderr);
  }
});

test('another risk or track of the same snap is not its channel: exit 7', async (t) => {
  const url = await store(t, { snapd: ['latest/stable'], kubelet: ['1.29/candidate', '1.30/stable', '11.29/stable'] });
  const run = await deploySh(archiveFor(t), ['check'], { SNAP_STORE_URL: url });
  assert.equal(run.code, 7, run.stderr);
  assert.match(run.stderr, /^error: the snap store does not have kubelet in 1\.29\/stable for amd64: the charms would stay blocked$/m);
  assert.doesNotMatch(run.stderr, /does not have snapd/);
});

test('charms that have a resource for it can be given the snap later: a warning', async (t) => {
  const url = await store(t, { snapd: ['latest/stable'] });
  const archive = archiveFor(t, { files: { 'resources/kubernetes-worker/kubectl/kubectl.snap': '' } });
  const run = await deploySh(archive, ['check'], { SNAP_STORE_URL: url });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /^warning: the snap store does not have kubelet in 1\.29\/stable for amd64$/m);
});

test('a store that does not answer is exit 7', async (t) => {
  const run = await deploySh(archiveFor(t), ['check'], { SNAP_STORE_URL: 'http://127.0.0.1:1' });
  assert.equal(run.code, 7);
  assert.match(run.stderr, /^error: snap store http:\/\/127\.0\.0\.1:1: /m);
});
