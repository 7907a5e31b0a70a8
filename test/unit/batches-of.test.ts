/** What arrives while the reader is busy comes at once, in order, bounded, and whole to the last byte before a break. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { splitViews } from '#src/assemble/split-views.js';
import { batchesOf } from '#src/store/batches-of.js';

const MIB = 1 << 20;

test('any chunks come in order, whoever is the slower', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 }), fc.boolean(), async (chunks, slowly) => {
      const seen: Uint8Array[] = [];
      for await (const batch of batchesOf(Readable.from(chunks, { objectMode: false }))) {
        if (slowly) await new Promise((resolve) => setImmediate(resolve));
        seen.push(...batch);
      }
      assert.deepEqual(Buffer.concat(seen), Buffer.concat(chunks));
    }),
    { numRuns: 50 },
  );
});

test('what came while the reader was busy is one batch, and no more than about a MiB waits', async () => {
  let sent = 0;
  const endless = new Readable({
    read() {
      sent += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  const sizes: number[] = [];
  for await (const batch of batchesOf(endless)) {
    sizes.push(batch.reduce((sum, { length }) => sum + length, 0));
    if (sizes.length === 4) break;
    await sleep(20);
  }
  assert.equal(sizes.at(-1), MIB);
  assert.ok(sent <= 5 * MIB, `${sent} bytes were taken for 4 batches`);
  assert.ok(endless.destroyed);
});

test('what the stream still holds when it breaks has come, though the reader was busy', async () => {
  const source = new Readable({ read: () => undefined, highWaterMark: 8 * MIB });
  for (let sent = 0; sent < 3; sent += 1) source.push(Buffer.alloc(MIB, sent));
  let seen = 0;
  await assert.rejects(async () => {
    for await (const batch of batchesOf(source)) {
      if (seen === 0) source.destroy(new Error('cut'));
      await sleep(5);
      seen += batch.reduce((sum, { length }) => sum + length, 0);
    }
  }, /cut/);
  assert.equal(seen, 3 * MIB);
});

test('what a stream holds that broke before anybody read it comes once', async () => {
  const source = new Readable({ read: () => undefined, highWaterMark: 8 * MIB });
  for (let sent = 0; sent < 3; sent += 1) source.push(Buffer.alloc(MIB, sent));
  source.destroy(new Error('cut'));
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const batch of batchesOf(source)) seen.push(...batch.map(({ 0: first = 9 }) => first));
  }, /cut/);
  assert.deepEqual(seen, [0, 1, 2]);
});

test('room that is split has the same places, and the first part what was asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 6 }), fc.nat({ max: 150 }), (lengths, bytes) => {
      const room = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0)).map((_, index) => index);
      let at = 0;
      const views = lengths.map((length) => room.subarray(at, (at += length)));
      const [first, rest] = splitViews(views, bytes);
      assert.deepEqual(Buffer.concat(first), Buffer.from(room.subarray(0, bytes)));
      assert.deepEqual(Buffer.concat(rest), Buffer.from(room.subarray(bytes)));
    }),
  );
});
