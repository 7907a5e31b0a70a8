/** The store on disk: stream → limit → hash → temporary name → rename. The version stands in the path, so another layout ignores this one. */
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, addAbortSignal } from 'node:stream';
import { type Digest, formatDigest } from '../domain/digest.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import { batchesOf } from './batches-of.ts';
import { type Checker, createChecker, isShort, keyOf } from './checker.ts';
import { localFailure } from './local-failure.ts';
import { partialName, releaseTemporary, reserveTemporary, sweepPartials } from './partials.ts';
import type { Expectation, Store } from './store.ts';
import { lengthOf, writeAll } from './write-all.ts';

type WriteOptions = Parameters<Store['write']>[2];

export async function openStore(dir: string, { now = Date.now() }: { now?: number } = {}): Promise<Store> {
  const root = join(dir, 'v1');
  const partials = join(root, 'partial');
  const running = new Map<string, Promise<string>>();
  await mkdir(partials, { recursive: true })
    .then(() => sweepPartials(partials, now))
    .catch((error: unknown) => Promise.reject(localFailure(error, dir)));

  const pathOf = ({ algorithm, hex }: Digest): string => join(root, algorithm, hex.slice(0, 2), hex);
  const partialPath = (digest: Digest): string => join(partials, partialName(digest));

  async function find(digest: Digest, size: number): Promise<string | undefined> {
    const path = pathOf(digest);
    const found = await sizeOf(path).catch((error: unknown) => Promise.reject(localFailure(error, path)));
    return found === size ? path : undefined;
  }

  /** Writers of the same bytes share one write; the source of the later one is let go. */
  function write(bytes: AsyncIterable<Uint8Array>, expect: Expectation, options: WriteOptions): Promise<string> {
    const key = formatDigest(keyOf(expect));
    // It may break before its first byte is asked for.
    if (bytes instanceof Readable) bytes.on('error', () => undefined);
    const other = running.get(key);
    if (other !== undefined) {
      if (bytes instanceof Readable) bytes.destroy();
      return other;
    }
    const mine = writeFile(bytes, expect, options).finally(() => running.delete(key));
    running.set(key, mine);
    return mine;
  }

  /**
   * The bytes lie under a name of this process while they come in, so that two processes never append to one file; a rename takes the partial,
   * another gives it back. Nothing is synced: a file that a power cut shortened fails the check of its size.
   */
  async function writeFile(bytes: AsyncIterable<Uint8Array>, expect: Expectation, options: WriteOptions): Promise<string> {
    const key = keyOf(expect);
    const partial = partialPath(key);
    const temporary = reserveTemporary(partial);
    const final = pathOf(key);
    try {
      await mkdir(join(final, '..'), { recursive: true });
      if (options.offset > 0) await rename(partial, temporary);
      await receive(temporary, bytes, expect, options);
      await rename(temporary, final);
      await rm(partial, { force: true });
      return final;
    } catch (error) {
      // Where nothing of it was read, the connection waits for its reader.
      if (bytes instanceof Readable) bytes.destroy();
      await keepOrDrop(temporary, partial, error).catch(() => undefined);
      options.signal.throwIfAborted();
      throw localFailure(error, dir);
    } finally {
      releaseTemporary(temporary);
    }
  }

  const put = (bytes: Buffer, expect: Expectation): Promise<string> =>
    write(Readable.from([bytes]), expect, { offset: 0, signal: new AbortController().signal });

  return { find, partialPath, write, put };
}

const sizeOf = async (path: string): Promise<number | undefined> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));
  return found?.isFile() === true ? found.size : undefined;
};

/** Wrong bytes are worth nothing; a beginning is. */
async function keepOrDrop(temporary: string, partial: string, error: unknown): Promise<void> {
  const wrong = error instanceof ShrinkwrapError && error.code === 'INTEGRITY_MISMATCH' && !isShort(error);
  const size = (await sizeOf(temporary)) ?? 0;
  if (wrong) await rm(partial, { force: true });
  if (wrong || size <= ((await sizeOf(partial)) ?? 0)) await rm(temporary, { force: true });
  else await rename(temporary, partial);
}

async function receive(path: string, bytes: AsyncIterable<Uint8Array>, expect: Expectation, { offset, onBytes, signal }: WriteOptions): Promise<void> {
  const handle = await open(path, offset > 0 ? 'r+' : 'wx');
  const checker = createChecker(path, expect);
  try {
    if (offset > 0) await takeUp(handle, offset, checker);
    const source = bytes instanceof Readable ? bytes : Readable.from(bytes);
    // Each write listens on a signal of its own, so that listeners never pile up on the one of the run.
    addAbortSignal(AbortSignal.any([signal]), source);
    let total = offset;
    for await (const batch of batchesOf(source)) {
      checker.admit(lengthOf(batch));
      const length = await writeAll(handle, batch, total);
      checker.written(length);
      total += length;
      onBytes?.(total);
    }
    await orAborted(checker.finish(), signal);
  } catch (error) {
    checker.drop();
    throw error;
  } finally {
    await handle.close();
  }
}

/** The hash of a long file may lag behind by seconds: nobody who wants to leave waits for it. */
async function orAborted<T>(work: Promise<T>, given: AbortSignal): Promise<T> {
  const signal = AbortSignal.any([given]);
  const aborted = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  work.catch(() => undefined);
  return Promise.race([work, aborted]);
}

/** What an earlier try left, and nothing behind it. */
async function takeUp(handle: FileHandle, length: number, checker: Checker): Promise<void> {
  const { size } = await handle.stat();
  if (size < length) throw new Error(`the partial file has ${size} bytes, not ${length}`);
  await handle.truncate(length);
  checker.admit(length);
  checker.written(length);
}
