/** The dated tar.gz: the only archiver. It has its final name complete or not at all. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { hashDisk, WORTH_A_THREAD } from '../store/disk-hash.ts';
import { localFailure } from '../store/local-failure.ts';
import { lengthOf, writeAll } from '../store/write-all.ts';
import type { Entry } from './entry.ts';
import { giveFrameBack } from './frames.ts';
import { createMixedGzip } from './mixed-gzip.ts';
import type { Added, Sink } from './sink.ts';
import { TAR_END, tarEntrySize, tarHeader, tarPadding } from './tar-header.ts';

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
  /** Also tell the SHA-256 of the whole. */
  readonly hashed: boolean;
  readonly signal: AbortSignal;
}

/** Files that gain nothing from another round of compression; blobs of images are compressed layers but for crumbs. */
const PACKED = /\.(?:charm|snap|tgz|gz|xz|zst|bz2|zip|whl|deb)$|^containers\/blobs\//;

/** LOCAL_DISK where it cannot be written. */
export async function openArchiveSink({ path, topDirectory, mtime, compression, hashed, signal }: ArchiveOptions): Promise<Sink & { result(): ArchiveResult }> {
  const part = `${path}.part`;
  const named = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw localFailure(error, part);
    });
  const file = await named(mkdir(dirname(path), { recursive: true }).then(() => open(part, 'w')));
  const gzip = createMixedGzip(compression);
  const whole = hashed ? hashDisk(part, ['sha256'], Infinity) : undefined;
  let size = 0;
  let sha256: string | undefined;
  /** One at a time: while the disk has it, the next chunk is read and framed. */
  let writing: Promise<void> = Promise.resolve();

  async function write(pieces: readonly Buffer[], written: (start: number) => void = () => undefined): Promise<void> {
    await writing;
    const start = size;
    size += lengthOf(pieces);
    writing = writeAll(file, pieces, start).then((length) => {
      whole?.add([{ offset: start, length }]);
      written(start);
    });
    // Whoever writes next sees the failure.
    writing.catch(() => undefined);
  }

  /** A source that grew or shrank since it was measured must fail here, where it has a name. */
  async function* exactly({ path: name, size: wanted }: Entry, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let seen = 0;
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      seen += chunk.length;
      if (seen > wanted) throw new Error(`${name}: more than its ${wanted} bytes`);
      yield chunk;
    }
    if (seen !== wanted) throw new Error(`${name}: ${seen} of its ${wanted} bytes`);
  }

  /** What is deflated cannot be read back as it was, and what is small need not be. */
  async function addHashed(bytes: AsyncIterable<Uint8Array>): Promise<Added> {
    const hash = createHash('sha256');
    for await (const chunk of bytes) {
      hash.update(chunk);
      await write(gzip.frame(chunk).pieces);
    }
    return { sha256: Promise.resolve(hash.digest('hex')) };
  }

  async function addReadBack(bytes: AsyncIterable<Uint8Array>, length: number): Promise<Added> {
    const hash = hashDisk(part, ['sha256'], length);
    try {
      for await (const chunk of bytes) {
        const { pieces, plain } = gzip.frame(chunk);
        await write(pieces, (start) => {
          hash.add(plain.map((range) => ({ ...range, offset: start + range.offset })));
          giveFrameBack(chunk);
        });
      }
    } catch (error) {
      hash.drop();
      throw error;
    }
    const digest = async (last: Promise<void>): Promise<string> => {
      try {
        await last;
      } catch (error) {
        hash.drop();
        throw error;
      }
      return (await hash.digests())[0] ?? '';
    };
    const found = named(digest(writing));
    // Where the write behind it fails too, that is what the caller sees.
    found.catch(() => undefined);
    return { sha256: found };
  }

  async function add(entry: Entry, bytes: AsyncIterable<Uint8Array>): Promise<Added> {
    signal.throwIfAborted();
    const form = PACKED.test(entry.path) || compression === 0 ? 'stored' : 'deflated';
    gzip.announce(tarEntrySize(entry.size), form);
    await write(gzip.frame(tarHeader(`${topDirectory}/${entry.path}`, entry.size, { mode: entry.mode, mtime })).pieces);
    const source = exactly(entry, bytes);
    const added = await (form === 'stored' && entry.size >= WORTH_A_THREAD ? addReadBack(source, entry.size) : addHashed(source));
    await write(gzip.frame(Buffer.alloc(tarPadding(entry.size))).pieces);
    return added;
  }

  async function finish(): Promise<void> {
    gzip.announce(TAR_END.length, 'deflated');
    await write(gzip.frame(TAR_END).pieces);
    await write(gzip.end());
    await writing;
    sha256 = (await whole?.digests())?.[0];
    await file.close();
    await rename(part, path);
  }

  return {
    async add(entry, bytes) {
      const stream = bytes instanceof Readable ? bytes : undefined;
      // It may break before its first byte is asked for; whoever asks then sees it.
      stream?.on('error', () => undefined);
      return named(add(entry, bytes)).finally(() => stream?.destroy());
    },
    finish: () => named(finish()),
    async abort() {
      whole?.drop();
      await Promise.allSettled([writing]);
      await Promise.allSettled([file.close()]);
      await rm(part, { force: true });
    },
    result: () => ({ size, ...(sha256 !== undefined && { sha256 }) }),
  };
}
