/** The dated tar.gz: the only archiver. It has its final name complete or not at all. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { TarArchive, type EntryData } from 'archiver';
import { localFailure } from '../store/local-failure.ts';
import { writeAll } from '../store/write-all.ts';
import type { Entry } from './entry.ts';
import { createMixedGzip } from './mixed-gzip.ts';
import type { Sink } from './sink.ts';

export interface ArchiveResult {
  /** Where it was asked for. */
  readonly sha256?: string;
  readonly size: number;
}

export interface ArchiveOptions {
  /** Final path; a sibling with `.part` is written first. */
  readonly path: string;
  readonly topDirectory: string;
  readonly mtime: Date;
  /** 0 to 9, for what is not compressed already. */
  readonly compression: number;
  /** Also tell the SHA-256 of the whole, which costs about as much as writing it. */
  readonly hashed: boolean;
  readonly signal: AbortSignal;
}

const TAR_BLOCK = 512;
const TAR_END = 2 * TAR_BLOCK;
/** Files that gain nothing from another round of compression; blobs of images are compressed layers but for crumbs. */
const PACKED = /\.(?:charm|snap|tgz|gz|xz|zst|bz2|zip|whl|deb)$|^containers\/blobs\//;

/**
 * Entries go through archiver one at a time, because it gives no backpressure and loses failures when entries are queued
 * (facts/style.md 10); the end of the file is awaited, never finalize().
 */
export function createArchiveSink({ path, topDirectory, mtime, compression, hashed, signal }: ArchiveOptions): Sink & { result(): ArchiveResult } {
  const part = `${path}.part`;
  const tar = new TarArchive({ highWaterMark: 1 << 20 });
  const gzip = createMixedGzip(compression);
  const hash = hashed ? createHash('sha256') : undefined;
  let size = 0;
  let sha256: string | undefined;
  const opened = mkdir(dirname(path), { recursive: true }).then(() => open(part, 'w'));
  const writeOut = async (pieces: readonly Buffer[]): Promise<void> => {
    const writing = writeAll(await opened, pieces, size);
    // The hash runs while the disk writes.
    if (hash !== undefined) for (const piece of pieces) hash.update(piece);
    size += await writing;
  };
  const close = async (): Promise<void> => (await opened).close();
  // One stream does it all: each further one would handle every block of the gzip again.
  const file = new Writable({
    highWaterMark: 1 << 20,
    write: (chunk: Buffer, _encoding, done) => settle(() => writeOut(gzip.frame(chunk)), done),
    final: (done) => settle(() => writeOut(gzip.end()), done),
    destroy: (error, done) => settle(close, (failure) => done(error ?? failure)),
  });
  addAbortSignal(AbortSignal.any([signal]), file);
  // Piped by hand: a pipeline would destroy the archiver on failure, whose queue then throws where nobody can catch it.
  tar.pipe(file);
  const written = finished(file);
  // The failure is seen by whoever awaits add() or finish(); until then it must not count as unhandled.
  opened.catch(() => undefined);
  const failed = written.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  const broken = new Promise<never>((_resolve, reject) => {
    tar.on('error', reject);
    tar.on('warning', reject);
  });
  broken.catch(() => undefined);

  const named = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw localFailure(error, part);
    });

  return {
    async add(entry: Entry, bytes) {
      await named(opened);
      signal.throwIfAborted();
      gzip.announce(TAR_BLOCK + Math.ceil(entry.size / TAR_BLOCK) * TAR_BLOCK, PACKED.test(entry.path) || compression === 0 ? 'stored' : 'deflated');
      // Archiver reads only `size` of the stats, and without them holds the whole entry in memory.
      const data = { name: `${topDirectory}/${entry.path}`, date: mtime, mode: entry.mode, stats: { size: entry.size } } as unknown as EntryData;
      const source = Readable.from(exactly(entry, bytes), { objectMode: false, highWaterMark: 1 << 20 });
      const done = new Promise<void>((resolve) => tar.once('entry', () => resolve()));
      const torn = new Promise<never>((_resolve, reject) => source.once('error', reject));
      torn.catch(() => undefined);
      // An empty stream never starts its entry; archiver takes an empty buffer instead.
      tar.append(entry.size === 0 ? Buffer.alloc(0) : source, data);
      await named(Promise.race([done, torn, failed, broken]));
    },
    async finish() {
      gzip.announce(TAR_END, 'deflated');
      void tar.finalize().catch(() => undefined);
      await named(Promise.race([written, broken]));
      sha256 = hash?.digest('hex');
      await named(rename(part, path));
    },
    async abort() {
      tar.unpipe(file);
      file.destroy();
      await Promise.allSettled([opened, written]);
      await rm(part, { force: true });
    },
    result: () => ({ size, ...(sha256 !== undefined && { sha256 }) }),
  };
}

/** A promise for a stream that wants to be called back. */
function settle(work: () => Promise<void>, done: (error?: Error) => void): void {
  work().then(
    () => done(),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  );
}

/** A source that grew or shrank since it was measured must fail here, where it has a name, and not inside the archiver. */
async function* exactly(entry: Entry, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of bytes) {
    seen += chunk.length;
    if (seen > entry.size) throw new Error(`${entry.path}: more than its ${entry.size} bytes`);
    yield chunk;
  }
  if (seen !== entry.size) throw new Error(`${entry.path}: ${seen} of its ${entry.size} bytes`);
}
