/** Where mirrored images go, and bytes that are checked on their way. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { BlobOutcome } from '#src/clients/oci/push-blob.js';
import type { HttpResponse } from '#src/clients/http.js';
import { createBlobLedger } from '#src/pipeline/mirror/blob-ledger.js';
import { listPlace, parseDestination, targetAt } from '#src/pipeline/mirror/destination.js';
import { formatTarget } from '#src/pipeline/mirror/job.js';
import { resumedBytes } from '#src/pipeline/mirror/resumed-bytes.js';
import { verifiedBytes } from '#src/pipeline/mirror/verified-bytes.js';
import { digestOf, noise } from '../support/expectation.ts';
import { failure } from '../support/failure.ts';

describe('targets of a list (facts/seed-systems.md 3.4)', () => {
  const digest = `sha256:${'426f'.repeat(16)}`;
  for (const [source, target] of [
    ['docker.io/bats/bats:v1.4.1', 'localhost:5000/bats/bats:v1.4.1'],
    ['nginx:1.25', 'localhost:5000/library/nginx:1.25'],
    ['docker.io/library/nginx:1.25', 'localhost:5000/library/nginx:1.25'],
    ['nginx', 'localhost:5000/library/nginx:latest'],
    ['registry.k8s.io/pause:3.10', 'localhost:5000/pause:3.10'],
    [`quay.io/x/y:v1@${digest}`, 'localhost:5000/x/y:v1'],
    [`d3fk/s3cmd@${digest}`, 'localhost:5000/d3fk/s3cmd:latest'],
    ['172.20.0.2:5000/dexidp/dex:v2', 'localhost:5000/dexidp/dex:v2'],
  ] as const)
    test(`${source} → ${target}`, () => assert.equal(formatTarget(targetAt({ host: 'localhost:5000' }, listPlace(source))), target));
});

describe('a destination', () => {
  for (const [text, host, path] of [
    ['reg', 'reg', undefined],
    ['localhost:5000', 'localhost:5000', undefined],
    ['reg.lan/', 'reg.lan', undefined],
    ['reg.lan:5000/a/b-c', 'reg.lan:5000', 'a/b-c'],
    ['[::1]:5000/x', '[::1]:5000', 'x'],
    ['docker.io/me', 'docker.io', 'me'],
  ] as const)
    test(text, () => assert.deepEqual(parseDestination(text), { host, ...(path !== undefined && { path }) }));
  for (const text of ['', 'http://reg.lan', 'reg.lan/UPPER', 'reg.lan/a//b', 'reg.lan/a:1', 'user@reg.lan', 'reg lan', 'reg.lan/../x'])
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseDestination(text), undefined));
});

const collect = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const blobOf = (bytes: Buffer) => ({ mediaType: 'x/y', digest: digestOf(bytes), size: bytes.length });

describe('verified bytes', () => {
  const bytes = noise(10_000);
  const of = (given: Buffer) => collect(verifiedBytes(Readable.from([given.subarray(0, 4000), given.subarray(4000)]), blobOf(bytes)));
  test('pass as they are', async () => assert.deepEqual(await of(bytes), bytes));
  test('are refused when they are others, too few or too many', async () => {
    const others = Buffer.from(bytes);
    others.writeUInt8(bytes.readUInt8(9_999) ^ 1, 9_999);
    assert.equal((await failure(of(others), 'INTEGRITY_MISMATCH')).field, 'sha256');
    assert.equal((await failure(of(bytes.subarray(1)), 'INTEGRITY_MISMATCH')).field, 'size');
    assert.equal((await failure(of(Buffer.concat([bytes, bytes])), 'INTEGRITY_MISMATCH')).field, 'size');
  });
});

describe('a stream that is opened again where it broke', () => {
  const signal = AbortSignal.timeout(20_000);
  const delays = { baseMs: 1, capMs: 2 };
  /** Breaks after so many bytes, time after time. */
  const source = (bytes: Buffer, breaks: readonly number[], ranges: boolean) => {
    const offsets: number[] = [];
    const open = (offset: number): Promise<HttpResponse> => {
      const end = breaks[offsets.length];
      offsets.push(offset);
      const start = ranges ? offset : 0;
      const part = bytes.subarray(start, end === undefined ? undefined : Math.max(start, end));
      async function* body(): AsyncGenerator<Buffer> {
        for (let at = 0; at < part.length; at += 7) yield await Promise.resolve(part.subarray(at, at + 7));
        if (end !== undefined) throw new Error('cut');
      }
      return Promise.resolve({
        status: ranges && offset > 0 ? 206 : 200,
        headers: {},
        url: 'http://x.example/',
        body: Readable.from(body(), { objectMode: false }),
      });
    };
    return { open, offsets };
  };
  test('is the same whatever the breaks, with ranges and without', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 300 }), { maxLength: 4 }), fc.boolean(), async (breaks, ranges) => {
        const bytes = noise(300);
        const { open } = source(bytes, breaks, ranges);
        assert.deepEqual(await collect(resumedBytes(open, { size: bytes.length, tries: 6, signal, delays })), bytes);
      }),
      { numRuns: 40 },
    );
  });
  test('gives up when nothing more comes', async () => {
    const { open, offsets } = source(noise(100), [10, 10, 10, 10, 10], true);
    const facts = await failure(collect(resumedBytes(open, { size: 100, tries: 3, signal, delays })), 'NETWORK_UNREACHABLE');
    assert.match(facts.reason, /broke off: cut/);
    assert.deepEqual(offsets, [0, 10, 10, 10]);
  });
});

describe('the ledger of blobs', () => {
  test('a blob is put once, others wait for it and mount it, and the same place asks for nothing', async () => {
    const ledger = createBlobLedger();
    const asked: string[] = [];
    const put =
      (repository: string) =>
      async (from: string | undefined): Promise<BlobOutcome> => {
        asked.push(`${repository} from ${from ?? 'nowhere'}`);
        await new Promise((resolve) => setImmediate(resolve));
        return from === undefined ? 'uploaded' : 'mounted';
      };
    const outcomes = await Promise.all(['r/a', 'r/b', 'r/a'].map((repository) => ledger('sha256:1', repository, put(repository))));
    assert.deepEqual(outcomes, ['uploaded', 'mounted', 'present']);
    assert.deepEqual(asked, ['r/a from nowhere', 'r/b from r/a']);
  });
  test('who waits for one that fails tries on its own account', async () => {
    const ledger = createBlobLedger();
    const first = ledger('sha256:1', 'r/a', () => Promise.reject(new Error('no')));
    const second = ledger('sha256:1', 'r/b', (from) => Promise.resolve(from === undefined ? 'uploaded' : 'mounted'));
    await assert.rejects(first, /no/);
    assert.equal(await second, 'uploaded');
  });
});
