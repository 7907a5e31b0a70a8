/** What runs in the hashing thread: one order after the other. A file that fails is told when its digests are asked for. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { Range } from './disk-hash.ts';
import type { Answer, Order } from './hash-orders.ts';
import { tooShort } from './too-short.ts';

interface Hashed {
  readonly path: string;
  readonly fd: number;
  readonly hashes: readonly Hash[];
}

const buffer = Buffer.allocUnsafeSlow(1 << 21);
const files = new Map<number, Hashed | Error>();

function obey(order: Order): Answer | undefined {
  const { id } = order;
  if (order.what === 'open') {
    files.set(
      id,
      attempt(() => ({ path: order.path, fd: openSync(order.path, 'r'), hashes: order.algorithms.map((name) => createHash(name)) })),
    );
    return undefined;
  }
  const file = files.get(id) ?? new Error('no such file');
  if (order.what === 'add') {
    const failed = file instanceof Error ? undefined : attempt(() => read(file, order.ranges));
    if (failed instanceof Error) close(id, failed);
    return undefined;
  }
  close(id);
  if (order.what === 'drop') return undefined;
  if (!(file instanceof Error)) return { id, digests: file.hashes.map((hash) => hash.digest('hex')) };
  return { id, message: file.message, ...('code' in file && { code: String(file.code) }) };
}

function attempt<T>(job: () => T): T | Error {
  try {
    return job();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `failure` stays in its place until somebody asks. */
function close(id: number, failure?: Error): void {
  const file = files.get(id);
  if (file !== undefined && !(file instanceof Error)) closeSync(file.fd);
  if (failure === undefined) files.delete(id);
  else files.set(id, failure);
}

/** In windows of the buffer's size: many small ranges lie close together, and each read has its price. */
function read({ path, fd, hashes }: Hashed, ranges: readonly Range[]): void {
  let start = 0;
  let end = 0;
  for (const { offset, length } of ranges) {
    for (let at = offset; at < offset + length;) {
      if (at < start || at >= end) {
        start = at;
        end = at + readSync(fd, buffer, 0, Math.min(buffer.length, last(ranges) - at), at);
        if (end === start) throw tooShort(path);
      }
      const until = Math.min(end, offset + length);
      for (const hash of hashes) hash.update(buffer.subarray(at - start, until - start));
      at = until;
    }
  }
}

/** The ranges of one order lie in the order of the file; behind the last of them nothing need be written yet. */
const last = (ranges: readonly Range[]): number => ranges.reduce((end, { offset, length }) => Math.max(end, offset + length), 0);

parentPort?.on('message', (order: Order) => {
  const answer = obey(order);
  if (answer !== undefined) parentPort?.postMessage(answer);
});
