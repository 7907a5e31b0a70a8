/** Opening blobs: ranges, and bytes that nothing may touch on the way (facts/oci.md 1.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseDigest } from '#src/domain/digest.js';
import { fixture } from '../support/registry-fixture.ts';
import { type Script, sendError, sha256 } from '../support/scripted-registry.ts';

const BLOB = gzipSync('a layer '.repeat(1000));
const DIGEST = parseDigest(sha256(BLOB));
const signal = AbortSignal.timeout(10_000);

async function open(t: Parameters<typeof fixture>[0], script: Script, offset: number) {
  const { registry, client } = await fixture(t, script);
  const response = await client.open(`${registry.host}/x/y`, DIGEST, { offset, signal });
  return { status: response.status, bytes: Buffer.concat(await response.body.toArray()), asked: registry.asked };
}

const ranged: Script = ({ headers }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? -1);
  if (from < 0) response.writeHead(200, { 'content-length': BLOB.length }).end(BLOB);
  else if (from >= BLOB.length) sendError(response, 416, 'RANGE_INVALID', { 'content-range': `bytes */${BLOB.length}` });
  else response.writeHead(206, { 'content-range': `bytes ${from}-${BLOB.length - 1}/${BLOB.length}` }).end(BLOB.subarray(from));
};

test('opens a blob from its start without a Range', async (t) => {
  const { status, bytes, asked } = await open(t, ranged, 0);
  assert.deepEqual([status, bytes], [200, BLOB]);
  assert.deepEqual(
    asked.map(({ url, headers }) => [url, headers.range, headers['accept-encoding']]),
    [[`/v2/x/y/blobs/${sha256(BLOB)}`, undefined, 'identity']],
  );
});

test('opens a blob from an offset', async (t) => {
  const { status, bytes, asked } = await open(t, ranged, 20);
  assert.deepEqual([status, bytes], [206, BLOB.subarray(20)]);
  assert.deepEqual(
    asked.map(({ headers }) => headers.range),
    ['bytes=20-'],
  );
});

test('hands out the whole with status 200 when the registry ignores the range', async (t) => {
  const { status, bytes, asked } = await open(t, (_, response) => response.writeHead(200).end(BLOB), 20);
  assert.deepEqual([status, bytes, asked.length], [200, BLOB, 1]);
});

for (const [what, header] of [
  ['another start', { 'content-range': `bytes 10-${BLOB.length - 1}/${BLOB.length}` }],
  ['no Content-Range', {}],
] as const) {
  test(`asks for the whole when a partial answer has ${what}`, async (t) => {
    const { status, bytes, asked } = await open(
      t,
      ({ headers }, response) => (headers.range === undefined ? response.writeHead(200).end(BLOB) : response.writeHead(206, header).end(BLOB.subarray(10))),
      20,
    );
    assert.deepEqual([status, bytes, asked.length], [200, BLOB, 2]);
  });
}

test('asks for the whole when the offset is beyond the end', async (t) => {
  const { status, bytes } = await open(t, ranged, BLOB.length + 1);
  assert.deepEqual([status, bytes], [200, BLOB]);
});

test('refuses a partial answer to a question without range', async (t) => {
  await assert.rejects(
    open(t, (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-1/2' }).end('ab'), 0),
    { code: 'UPSTREAM_ANSWER' },
  );
});

test('leaves a blob alone that is labelled Content-Encoding: gzip', async (t) => {
  const { bytes } = await open(t, (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BLOB), 0);
  assert.deepEqual(bytes, BLOB);
});

test('a blob that the registry lacks is named with its repository', async (t) => {
  const { registry, client } = await fixture(t, (_, response) => sendError(response, 404, 'BLOB_UNKNOWN'));
  await assert.rejects(client.open(`${registry.host}/x/y`, DIGEST, { offset: 0, signal }), {
    code: 'UPSTREAM_NOT_FOUND',
    facts: { what: 'blob', name: sha256(BLOB), where: `${registry.host}/x/y`, exists: [] },
  });
});

test('stops when its signal or the signal of the run does', async (t) => {
  const run = new AbortController();
  const { registry, client } = await fixture(t, () => {}, { signal: run.signal });
  const own = new AbortController();
  const first = client.open(`${registry.host}/x/y`, DIGEST, { offset: 0, signal: own.signal });
  own.abort();
  await assert.rejects(first, { name: 'AbortError' });
  const second = client.open(`${registry.host}/x/y`, DIGEST, { offset: 0, signal });
  run.abort();
  await assert.rejects(second, { name: 'AbortError' });
});
