/** Whole plans into the store over real sockets: every kind, shared blobs, events, failures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Artifact, CharmArtifact, Descriptor, ImageArtifact, ResourceArtifact, SnapArtifact } from '#src/domain/artifact.js';
import { formatDigest } from '#src/domain/digest.js';
import type { Event } from '#src/domain/events.js';
import { type FetchAllOptions, fetchAll } from '#src/fetch/fetch-all.js';
import type { FetchUpstream } from '#src/fetch/upstream.js';
import { readBytes } from '#src/clients/read-body.js';
import { openStore } from '#src/store/open-store.js';
import type { Store } from '#src/store/store.js';
import { digestOf, noise } from '../support/expectation.ts';
import { failure } from '../support/failure.ts';
import { testHttp } from '../support/http-client.ts';
import { type Rule, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const common = (name: string, bytes: Buffer | string) => ({
  name,
  version: '1',
  size: Buffer.byteLength(bytes),
  digests: [digestOf(bytes)],
  reasons: ['a test'],
});

const charm = (name: string, bytes: Buffer | string): CharmArtifact => ({
  ...common(name, bytes),
  kind: 'charm',
  revision: 7,
  channel: '1.26/stable',
  bases: [],
  id: 'A',
  path: `charms/${name}.charm`,
  source: `https://hub/${name}`,
});

const resource = (name: string, bytes: Buffer | string): ResourceArtifact => ({
  ...common(`etcd/${name}`, bytes),
  kind: 'resource',
  revision: 0,
  application: 'etcd',
  charm: 'etcd',
  resource: name,
  filename: name,
  path: `resources/etcd/${name}`,
  source: `https://hub/${name}`,
});

const snap = (name: string, bytes: Buffer | string): SnapArtifact => ({
  ...common(name, bytes),
  digests: [digestOf(bytes, 'sha3-384')],
  kind: 'snap',
  revision: 3,
  channel: 'latest/stable',
  arch: 'amd64',
  id: 'S',
  base: '',
  type: 'app',
  confinement: 'strict',
  order: 1,
  path: `snaps/${name}.snap`,
  assertPath: `snaps/${name}.assert`,
  source: `https://store/${name}`,
});

const descriptor = (bytes: Buffer): Descriptor => ({ mediaType: 'application/x', digest: digestOf(bytes), size: bytes.length });

function image(name: string, layers: readonly Buffer[]): { artifact: ImageArtifact; blobs: readonly Buffer[] } {
  const [manifest, config] = [Buffer.from(`manifest of ${name}`), Buffer.from(`config of ${name}`)];
  const unique = [manifest, config, ...layers];
  const artifact: ImageArtifact = {
    ...common(name, manifest),
    kind: 'image',
    arch: 'amd64',
    platform: { os: 'linux', architecture: 'amd64' },
    repository: `reg.test/${name}`,
    path: `containers/${name}.tgz`,
    source: 'https://reg.test/',
    targets: [],
    size: unique.reduce((sum, { length }) => sum + length, 0),
    manifest: descriptor(manifest),
    config: descriptor(config),
    layers: layers.map(descriptor),
  };
  return { artifact, blobs: unique };
}

const file = (path: string, body: Buffer | string, more: Partial<Rule> = {}): Rule => ({ when: { path }, then: { body }, ...more });
const blobRules = (images: readonly { blobs: readonly Buffer[] }[]): Rule[] =>
  images.flatMap(({ blobs }) => blobs.map((blob) => file(`/v2/${formatDigest(digestOf(blob))}`, blob)));

interface Setting {
  readonly server: ScriptedServer;
  readonly store: Store;
  readonly events: Event[];
  run(artifacts: readonly Artifact[], more?: Partial<FetchAllOptions>): Promise<Map<string, Buffer>>;
}

async function start(t: TestContext, rules: readonly Rule[]): Promise<Setting> {
  const server = await scriptedServer(t, rules);
  const store = await openStore(tempDir(t));
  const http = testHttp(t);
  const open = (path: string, { offset, signal }: { offset: number; signal: AbortSignal }) =>
    http.send(server.url + path, { signal, ...(offset > 0 && { headers: { range: `bytes=${offset}-` } }) });
  const upstream: FetchUpstream = {
    charmhub: { open: (source, options) => open(new URL(source).pathname, options) },
    snaps: {
      open: (source, options) => open(new URL(source).pathname, options),
      assertions: ({ name }) => Promise.resolve(Buffer.from(`assertions of ${name}`)),
    },
    images: {
      open: (_, digest, options) => open(`/v2/${formatDigest(digest)}`, options),
      manifest: async (_, digest, { signal }) => readBytes(await open(`/v2/${formatDigest(digest)}`, { offset: 0, signal }), 1000),
    },
  };
  const events: Event[] = [];
  const { signal } = new AbortController();
  const options = {
    upstream,
    store,
    jobs: 3,
    tries: 2,
    keepGoing: false,
    signal,
    report: (event: Event) => events.push(event),
    delays: { baseMs: 1, capMs: 1 },
  };
  return { server, store, events, run: (artifacts, more = {}) => fetchAll(artifacts, { ...options, ...more }) };
}

const states = (events: readonly Event[]): string[] => events.flatMap((event) => (event.type === 'item' ? [`${event.item}: ${event.state}`] : [])).toSorted();

test('every kind ends up in the store; snaps bring their assertions', async (t) => {
  const pause = image('pause', [noise(100), noise(200)]);
  const { store, run, events } = await start(t, [file('/etcd', 'charm'), file('/core', 'res'), file('/snapd', 'squash'), ...blobRules([pause])]);
  const assertions = await run([charm('etcd', 'charm'), resource('core', 'res'), snap('snapd', 'squash'), pause.artifact]);
  assert.deepEqual([...assertions], [['snaps/snapd.assert', Buffer.from('assertions of snapd')]]);
  for (const [bytes, algorithm] of [
    ['charm', 'sha256'],
    ['res', 'sha256'],
    ['squash', 'sha3-384'],
  ] as const) {
    assert.equal(readFileSync((await store.find(digestOf(bytes, algorithm), bytes.length)) ?? '', 'utf8'), bytes);
  }
  for (const blob of pause.blobs) assert.ok(await store.find(digestOf(blob), blob.length));
  assert.deepEqual(states(events), [
    'charm etcd r7: done',
    'charm etcd r7: start',
    'image pause: done',
    'image pause: start',
    'resource etcd/core r0 for etcd: done',
    'resource etcd/core r0 for etcd: start',
    'snap snapd r3: done',
    'snap snapd r3: start',
  ]);
});

test('a second run asks for assertions only', async (t) => {
  const pause = image('pause', [noise(100)]);
  const { server, run, events } = await start(t, [file('/etcd', 'charm'), ...blobRules([pause])]);
  await run([charm('etcd', 'charm'), pause.artifact]);
  const asked = server.requests.length;
  events.length = 0;
  await run([charm('etcd', 'charm'), pause.artifact]);
  assert.equal(server.requests.length, asked);
  assert.deepEqual(states(events), ['charm etcd r7: cached', 'image pause: cached']);
});

test('a blob that images share comes once, also while it is under way', async (t) => {
  const shared = noise(50_000);
  const images = ['a', 'b', 'c'].map((name) => image(name, [shared, noise(100, name), shared]));
  const { server, run } = await start(t, blobRules(images));
  await run(
    images.map(({ artifact }) => artifact),
    { jobs: 8 },
  );
  const asked = server.requests.map(({ path }) => path);
  assert.equal(new Set(asked).size, asked.length);
  assert.equal(asked.length, 3 * 3 + 1);
});

test('an artifact of no bytes is written without a request', async (t) => {
  const { server, store, run } = await start(t, []);
  await run([resource('none', '')]);
  assert.ok(await store.find(digestOf(''), 0));
  assert.equal(server.requests.length, 0);
});

test('never more files at a time than jobs', async (t) => {
  let running = 0;
  let most = 0;
  const images = ['a', 'b', 'c'].map((name) =>
    image(
      name,
      [1, 2, 3, 4].map((index) => noise(100, `${name}${index}`)),
    ),
  );
  const { run } = await start(t, blobRules(images));
  const blobs = new Map(images.flatMap((each) => each.blobs).map((blob) => [formatDigest(digestOf(blob)), blob]));
  const { Readable } = await import('node:stream');
  const slow = async (key: string): Promise<Buffer> => {
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    return blobs.get(key) ?? assert.fail();
  };
  const upstream: FetchUpstream = {
    charmhub: { open: () => assert.fail() },
    snaps: { open: () => assert.fail(), assertions: () => assert.fail() },
    images: {
      open: async (_, digest) => ({ status: 200, headers: {}, url: 'http://x/', body: Readable.from([await slow(formatDigest(digest))]) }),
      manifest: (_, digest) => slow(formatDigest(digest)),
    },
  };
  await run(
    images.map(({ artifact }) => artifact),
    { jobs: 2, upstream },
  );
  assert.equal(most, 2);
});

test('the first failure ends the run with its own error', async (t) => {
  const { run, events } = await start(t, [
    { when: { path: '/gone' }, then: { status: 404 } },
    { when: { path: '/slow' }, then: { silent: true } },
  ]);
  const facts = await failure(run([charm('gone', 'x'), charm('slow', 'yy')]), 'UPSTREAM_NOT_FOUND');
  assert.equal(facts.name, 'charm gone r7');
  assert.ok(states(events).includes('charm gone r7: fail'));
});

test('with keepGoing the rest is fetched and the failures are collected, sorted', async (t) => {
  const { store, run } = await start(t, [
    { when: { path: '/b' }, then: { status: 404 } },
    { when: { path: '/a' }, then: { status: 403 } },
    file('/good', 'good'),
  ]);
  const facts = await failure(run([charm('b', 'x'), charm('a', 'x2'), charm('good', 'good')], { keepGoing: true, jobs: 1 }), 'PARTIAL_FAILED');
  assert.deepEqual(
    facts.failed.map(({ what, error }) => [what, error.message.split(' ')[0]]),
    [
      ['charm a r7', 'NETWORK_DENIED'],
      ['charm b r7', 'UPSTREAM_NOT_FOUND'],
    ],
  );
  assert.ok(await store.find(digestOf('good'), 4));
});

test('with keepGoing an image is tried on its own account when the one it shared a layer with failed', async (t) => {
  const shared = noise(3000);
  const [bad, good] = [image('bad', [shared, noise(10, 'bad')]), image('good', [shared])];
  const lost = `/v2/${formatDigest(digestOf(noise(10, 'bad')))}`;
  const rules = blobRules([bad, good]).filter(({ when }) => when.path !== lost);
  const { store, run } = await start(t, [{ when: { path: lost }, then: { status: 404 } }, ...rules]);
  const facts = await failure(run([bad.artifact, good.artifact], { keepGoing: true }), 'PARTIAL_FAILED');
  assert.equal(facts.failed.length, 1);
  for (const blob of good.blobs) assert.ok(await store.find(digestOf(blob), blob.length));
});

test('a wrong manifest is refused before any layer is asked for', async (t) => {
  const { artifact, blobs } = image('pause', [noise(100)]);
  const [manifest = Buffer.alloc(0)] = blobs;
  const { server, run } = await start(t, [file(`/v2/${formatDigest(digestOf(manifest))}`, 'another manifest!')]);
  await failure(run([artifact]), 'INTEGRITY_MISMATCH');
  assert.equal(server.requests.length, 1);
});

test('progress is told four times a second at most, and retries each time', async (t) => {
  const bytes = noise(200_000);
  const { run, events } = await start(t, [
    { when: { path: '/big' }, then: { body: bytes, cutAfter: 1000 }, times: 1 },
    {
      when: { path: '/big', headers: { range: 'bytes=1000-' } },
      then: { status: 206, headers: { 'content-range': `bytes 1000-199999/200000` }, body: bytes.subarray(1000) },
    },
  ]);
  let clock = 0;
  await run([charm('big', bytes)], { now: () => (clock += 100) });
  const told = events.filter((event) => event.type === 'item' && event.state === 'progress');
  const calls = clock / 100 - 1;
  assert.ok(told.length > 0 && told.length <= Math.ceil(calls / 2), `${told.length} of ${calls}`);
  assert.deepEqual(
    events.filter((event) => event.type === 'item' && event.state === 'retry').map((event) => event.type === 'item' && event.detail?.includes('try 2 of 2')),
    [true],
  );
  const last = events.at(-1);
  assert.deepEqual(last, { type: 'item', stage: 'fetch', item: 'charm big r7', of: 200_000, state: 'done', bytes: 200_000 });
});

test('an abort ends the run with its reason', async (t) => {
  const { run } = await start(t, [{ when: { path: '/slow' }, then: { silent: true } }]);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await assert.rejects(run([charm('slow', 'x')], { signal: controller.signal, keepGoing: true }), /enough/);
});
