/** The files of an archive one after the other, whether it is packed or unpacked. For verify. */
import { createReadStream } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { isShrinkwrapError, ShrinkwrapError } from '../domain/errors.ts';
import { localFailure } from './local-failure.ts';

export interface ArchivedFile {
  /** Relative to the top directory. */
  readonly path: string;
  /** Anything that is no plain file: an archive has none. */
  readonly isFile: boolean;
  readonly size: number;
  /** To be read to its end before the next file is asked for. */
  readonly bytes: AsyncIterable<Buffer>;
}

const CHUNK = 1 << 20;

/** A link to a directory is one. */
export async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  });
  return found.isDirectory();
}

/** An unpacked archive, small files first: what is cheap to find out is found out early. */
export async function* unpackedFiles(root: string): AsyncGenerator<ArchivedFile, void, undefined> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(async (entry) => {
      const place = join(entry.parentPath, entry.name);
      const { size } = await lstat(place);
      return { place, path: relative(root, place).replaceAll('\\', '/'), isFile: entry.isFile(), size };
    });
  const sorted = (await Promise.all(files)).toSorted((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1));
  for (const { place, path, isFile, size } of sorted) yield { path, isFile, size, bytes: isFile ? readBytes(place) : nothing() };
}

/** A packed one, in its own order. A file that is no such archive or is cut short fails with INPUT_MALFORMED. */
export async function* packedFiles(path: string, signal: AbortSignal): AsyncGenerator<ArchivedFile, void, undefined> {
  const tar = extract();
  const feeding = pipeline(createReadStream(path, { highWaterMark: CHUNK }), createGunzip({ chunkSize: CHUNK }), tar, { signal });
  // Its failure also reaches the loop below; here it must only not go unhandled when the reader leaves early.
  feeding.catch(() => {});
  let top: string | undefined;
  try {
    for await (const entry of tar) {
      const { name, type, size } = entry.header;
      top ??= name.split('/', 1)[0] ?? '';
      const inside = name.startsWith(`${top}/`) ? name.slice(top.length + 1) : `../${name}`;
      if (type === 'directory') entry.resume();
      else yield { path: inside, isFile: type === 'file', size: size ?? 0, bytes: explained(entry as AsyncIterable<Buffer>, path, signal) };
    }
    await feeding;
  } catch (error) {
    throw explain(error, path, signal);
  } finally {
    tar.destroy();
  }
}

/** What breaks inside a file reaches its reader, not the loop over the files. */
async function* explained(bytes: AsyncIterable<Buffer>, path: string, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* bytes;
  } catch (error) {
    throw explain(error, path, signal);
  }
}

/** zlib and tar-stream say in their own words that an archive is broken. */
function explain(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isShrinkwrapError(error)) return error;
  const local = localFailure(error, path);
  if (local !== error) return local;
  const text = error instanceof Error ? error.message : String(error);
  return new ShrinkwrapError('INPUT_MALFORMED', { what: `archive ${path}`, text, wanted: 'a whole tar.gz' }, { cause: error });
}

const readBytes = (path: string): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => createReadStream(path, { highWaterMark: CHUNK })[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
});

async function* nothing(): AsyncGenerator<Buffer, void, undefined> {}
