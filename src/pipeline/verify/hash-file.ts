/** Digests of a file, as fast as it can be read: the next part is on its way while this one is hashed. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { DigestAlgorithm } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';

/** Two of them at a time, whatever the size of the file. */
const CHUNK = 1 << 20;

export interface FileDigests {
  readonly size: number;
  /** Lower-case hexadecimal by algorithm. */
  readonly hex: Readonly<Partial<Record<DigestAlgorithm, string>>>;
}

export async function hashFile(path: string, algorithms: readonly DigestAlgorithm[], signal?: AbortSignal): Promise<FileDigests> {
  const absent = (error?: unknown): never => {
    throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  };
  const handle = await open(path).catch(absent);
  try {
    if ((await handle.stat()).isDirectory()) absent();
    const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
    let size = 0;
    for await (const chunk of chunksOf(handle)) {
      signal?.throwIfAborted();
      size += chunk.length;
      for (const { hash } of hashes) hash.update(chunk);
    }
    return { size, hex: Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')])) };
  } finally {
    await handle.close();
  }
}

/** A chunk is overwritten when the one after the next is asked for. */
export async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  const buffers = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)] as const;
  let turn: 0 | 1 = 0;
  let reading = handle.read(buffers[turn], 0, CHUNK);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return;
    const chunk = buffers[turn].subarray(0, bytesRead);
    turn = turn === 0 ? 1 : 0;
    reading = handle.read(buffers[turn], 0, CHUNK);
    // Awaited in the next turn; when the reader leaves early its failure is nobody's.
    reading.catch(() => {});
    yield chunk;
  }
}
