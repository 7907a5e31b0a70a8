/** The content-addressed cache: the one place that writes a downloaded file. Nothing has its final name before it matched. */
import type { Digest } from '../domain/digest.ts';

/** What bytes must be before they may enter the store. */
export interface Expectation {
  /** What a person calls it, for errors. */
  readonly what: string;
  readonly size: number;
  /** Never empty; the first is the key in the store. */
  readonly digests: readonly Digest[];
}

export interface Store {
  /** Path of the file when the store has it complete with this size, else undefined. */
  find(digest: Digest, size: number): Promise<string | undefined>;
  /** Where the bytes of an unfinished download wait; the same for every try of the same digest. */
  partialPath(digest: Digest): string;
  /**
   * Appends `bytes` to the partial file from `offset` on (truncating it there), hashing what was there before; at the end checks size and
   * every digest, then renames. A source that breaks leaves the partial for the next try. Wrong bytes: INTEGRITY_MISMATCH, partial removed.
   * More than `size` bytes stop the read. Full disk: LOCAL_DISK.
   */
  write(
    bytes: AsyncIterable<Uint8Array>,
    expect: Expectation,
    options: { offset: number; onBytes?: (total: number) => void; signal: AbortSignal },
  ): Promise<string>;
  /** A small document already in memory; checked like everything else. */
  put(bytes: Buffer, expect: Expectation): Promise<string>;
}
