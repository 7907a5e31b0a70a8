/** From registry to registry over lines that break: what arrives is what upstream has, or it does not arrive. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createPushClient } from '#src/clients/oci/push.js';
import { createRegistryClient } from '#src/clients/oci/registry.js';
import { listJobs } from '#src/pipeline/mirror/list-jobs.js';
import { mirror, type MirrorReport } from '#src/pipeline/mirror/mirror.js';
import { noise } from '../support/expectation.ts';
import { testHttp } from '../support/http-client.ts';
import * as kit from '../support/kit-registry.ts';
import { imageOf } from '../support/push-image.ts';
import { type Asked, scriptedRegistry, sendDocument, sha256 } from '../support/scripted-registry.ts';

const LAYER = noise(400_000).toString('base64');
const image = imageOf(LAYER);
const LAYER_DIGEST = sha256(LAYER);
const signal = AbortSignal.timeout(30_000);

type Layer = (response: ServerResponse, asked: Asked, count: number, bytes: Buffer) => void;

const whole: Layer = (response, _asked, _count, bytes) => void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

/** Mirrors `x/y:1` of a registry that answers for the layer as the test says, and an image without fault beside it. */
async function run(t: TestContext, layer: Layer): Promise<{ report: MirrorReport; target: kit.ScriptedRegistry; ranges: (string | undefined)[] }> {
  const other = imageOf('small');
  const ranges: (string | undefined)[] = [];
  const source = await scriptedRegistry((asked, response) => {
    const { url, headers } = asked;
    const bytes = [...image.blobs, ...other.blobs].find((each) => url.endsWith(sha256(each)));
    if (url.includes('/manifests/')) return sendDocument(response, url.startsWith('/v2/x/y/') ? image.manifest : other.manifest);
    if (bytes === undefined || !url.endsWith(LAYER_DIGEST)) return whole(response, asked, 1, bytes ?? Buffer.alloc(0));
    ranges.push(headers.range);
    return layer(response, asked, ranges.length, bytes);
  });
  t.after(() => source.close());
  const target = await kit.scriptedRegistry(t);
  const insecureHosts = new Set([source.host, target.address]);
  const client = createRegistryClient({ http: testHttp(t), mirrors: new Map(), insecureHosts, signal });
  const pusher = createPushClient({ http: testHttp(t), insecureHosts, delays: { baseMs: 1, capMs: 5 }, tries: 2, signal });
  const jobs = listJobs([`${source.host}/x/y:1`, `${source.host}/x/other:1`], { client, destination: { host: target.address }, tries: 2 });
  const report = await mirror(jobs, { pusher, dryRun: false, concurrency: 2, report: () => {}, signal });
  return { report, target, ranges };
}

const statuses = ({ images }: MirrorReport): string[] => images.map(({ status, error }) => error?.code ?? status);
/** The connection ends after so many bytes, although Content-Length promises all. */
const cut = (response: ServerResponse, status: number, bytes: Buffer, after: number, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  response.write(bytes.subarray(0, after), () => response.destroy());
};

test('a source that breaks is gone on with where it broke, in the same upload', async (t) => {
  const { report, target, ranges } = await run(t, (response, { headers }, count, bytes) => {
    if (count === 1) return cut(response, 200, bytes, 100_000);
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }).end(bytes.subarray(start));
  });
  assert.deepEqual(statuses(report), ['copied', 'copied']);
  assert.equal(target.blobs.get(`x/y@${LAYER_DIGEST}`)?.toString(), LAYER);
  assert.deepEqual([ranges.length, ranges[0], /^bytes=[1-9]\d*-$/.test(ranges[1] ?? '')], [2, undefined, true]);
  assert.equal(target.requests.filter(({ method, path }) => method === 'PUT' && path.includes(LAYER_DIGEST)).length, 1);
});

test('a source without ranges begins anew, and what was sent is not sent twice', async (t) => {
  const { report, target } = await run(t, (response, asked, count, bytes) =>
    count === 1 ? cut(response, 200, bytes, 100_000) : whole(response, asked, count, bytes),
  );
  assert.deepEqual(statuses(report), ['copied', 'copied']);
  assert.equal(target.blobs.get(`x/y@${LAYER_DIGEST}`)?.toString(), LAYER);
});

for (const [what, bad] of [
  ['other bytes', (bytes: Buffer) => Buffer.concat([bytes.subarray(1), Buffer.from('x')])],
  ['a byte less', (bytes: Buffer) => bytes.subarray(1)],
  ['a byte more', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
] as const)
  test(`${what}: the image fails and is not there, the other one is`, async (t) => {
    const { report, target } = await run(t, (response, asked, count, bytes) => whole(response, asked, count, bad(bytes)));
    const [first, second] = statuses(report);
    assert.equal(first, what === 'a byte less' ? 'NETWORK_UNREACHABLE' : 'INTEGRITY_MISMATCH');
    assert.equal(second, 'copied');
    assert.ok(!target.blobs.has(`x/y@${LAYER_DIGEST}`) && !target.manifests.has('x/y:1') && target.manifests.has('x/other:1'));
  });

test('a source that keeps breaking is told as what it is', async (t) => {
  const { report } = await run(t, (response, _asked, _count, bytes) => cut(response, 200, bytes, 0));
  assert.deepEqual(statuses(report), ['NETWORK_UNREACHABLE', 'copied']);
});
