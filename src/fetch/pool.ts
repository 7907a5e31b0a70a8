/** Bounded concurrency: the one place where things run side by side. */

/** Runs the jobs at most `limit` at a time, results in order. The first failure aborts the others, waits until they have stopped, and is thrown. */
export async function mapLimit<T, R>(items: readonly T[], limit: number, job: (item: T, signal: AbortSignal) => Promise<R>, signal: AbortSignal): Promise<R[]> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const both = AbortSignal.any([signal, controller.signal]);
  const results = new Map<number, R>();
  const failures: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && !both.aborted) {
      const index = next;
      next += 1;
      try {
        results.set(index, await job(items[index] as T, both));
      } catch (error) {
        failures.push(error);
        controller.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return items.map((_, index) => results.get(index) as R);
}

/** A gate that lets `limit` jobs through at a time; the others wait in order. An aborted signal empties the queue. */
export function createGate(limit: number): <R>(job: () => Promise<R>, signal: AbortSignal) => Promise<R> {
  const waiting: (() => void)[] = [];
  let free = Math.max(1, limit);
  const leave = (): void => {
    const other = waiting.shift();
    if (other === undefined) free += 1;
    else other();
  };
  return async (job, signal) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      signal.throwIfAborted();
      return await job();
    } finally {
      leave();
    }
  };
}
