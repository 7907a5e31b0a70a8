/**
 * Digests of what the disk holds: what was written is read back and hashed in a thread of its own, while this one moves the next bytes. A digest that
 * matches says that the file is right, not only that what came was.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { hashThread } from './hash-thread.ts';
import { tooShort } from './too-short.ts';

/** Bytes of a file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

export interface DiskHash {
  /** The next ranges of the file, in the order in which they are hashed; they must have been written. */
  add(ranges: readonly Range[]): void;
  /** In hex, in the order of the algorithms. Fails when the file is shorter than its ranges or cannot be read. Ends the hash. */
  digests(): Promise<readonly string[]>;
  /** Ends the hash of a file that nobody wants any more. */
  drop(): void;
}

/** Below that a thread costs more than it saves. */
export const WORTH_A_THREAD = 1 << 20;

/** `size` is what the ranges will have in all, about. The file keeps its name until its digests are told. */
export function hashDisk(path: string, algorithms: readonly string[], size: number): DiskHash {
  if (size < WORTH_A_THREAD) return hashAtEnd(path, algorithms);
  try {
    return hashThread().open(path, algorithms);
  } catch {
    // A limit of processes or of memory: slower, then.
    return hashAtEnd(path, algorithms);
  }
}

const WINDOW = 1 << 20;

function hashAtEnd(path: string, algorithms: readonly string[]): DiskHash {
  const all: Range[] = [];
  return {
    add: (ranges) => void all.push(...ranges),
    async digests() {
      const hashes = algorithms.map((algorithm) => createHash(algorithm));
      const buffer = Buffer.allocUnsafe(Math.min(WINDOW, Math.max(0, ...all.map(({ length }) => length))));
      const file = await open(path);
      try {
        for (const { offset, length } of all) {
          for (let done = 0; done < length;) {
            const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - done), offset + done);
            if (bytesRead === 0) throw tooShort(path);
            for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
            done += bytesRead;
          }
        }
      } finally {
        await file.close();
      }
      return hashes.map((hash) => hash.digest('hex'));
    },
    drop: () => undefined,
  };
}
