/** Bounded concurrency: order, limit, first failure, cancellation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { array, assert as check, asyncProperty, integer, nat } from 'fast-check';
import { createGate, mapLimit } from '#src/fetch/pool.js';

const { signal } = new AbortController();

test('results are in order and never more jobs run than allowed', async () => {
  await check(
    asyncProperty(array(nat(3), { maxLength: 12 }), integer({ min: 1, max: 5 }), async (items, limit) => {
      let running = 0;
      let most = 0;
      const job = async (item: number): Promise<number> => {
        most = Math.max(most, (running += 1));
        for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
        running -= 1;
        return item * 2;
      };
      assert.deepEqual(
        await mapLimit(items, limit, job, signal),
        items.map((item) => item * 2),
      );
      assert.ok(most <= limit);
    }),
    { numRuns: 50 },
  );
});

test('the first failure aborts the others, waits for them, and is the one that is thrown', async () => {
  const log: string[] = [];
  const job = async (item: number, inner: AbortSignal): Promise<void> => {
    log.push(`start ${item}`);
    if (item === 1) throw new Error('one failed');
    await sleep(10_000, undefined, { signal: inner }).catch(() => undefined);
    await sleep(5);
    log.push(`stopped ${item}`);
    throw new Error('later');
  };
  await assert.rejects(mapLimit([0, 1, 2, 3], 2, job, signal), /one failed/);
  assert.deepEqual(log, ['start 0', 'start 1', 'stopped 0']);
});

test('an abort from outside is thrown with its reason, after the running jobs have stopped', async () => {
  const controller = new AbortController();
  let stopped = 0;
  const job = async (_: number, inner: AbortSignal): Promise<void> => {
    await sleep(10_000, undefined, { signal: inner }).catch(() => undefined);
    stopped += 1;
  };
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await assert.rejects(mapLimit([1, 2, 3], 2, job, controller.signal), /enough/);
  assert.equal(stopped, 2);
  await assert.rejects(mapLimit([1], 1, job, controller.signal), /enough/);
});

test('a gate lets so many through at a time, in order, and opens again after a failure', async () => {
  const gate = createGate(2);
  const order: number[] = [];
  let running = 0;
  const job = (item: number) => async (): Promise<void> => {
    running += 1;
    assert.ok(running <= 2);
    order.push(item);
    await sleep(1);
    running -= 1;
    if (item === 0) throw new Error('no');
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((item) => gate(job(item), signal)));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
});
