/** Where entries are written to: the archive, a tree, or both. */
import type { Entry } from './entry.ts';

export interface Added {
  /** In hex, of what was written. Later entries need not wait for it. */
  readonly sha256: Promise<string>;
}

export interface Sink {
  /** One at a time; resolves when the entry's bytes are out. */
  add(entry: Entry, bytes: AsyncIterable<Uint8Array>): Promise<Added>;
  /** Makes the result appear under its final name. */
  finish(): Promise<void>;
  /** Removes what was written; safe after any failure. */
  abort(): Promise<void>;
}
