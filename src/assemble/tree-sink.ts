/** The unpacked tree of --use-path: files that are there with the same bytes stay as they are. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ShrinkwrapError } from '../domain/errors.ts';
import { pathProblems } from './entry.ts';
import { localFailure } from '../store/local-failure.ts';
import type { Entry } from './entry.ts';
import type { Sink } from './sink.ts';

/** Refuses a folder that holds something else: the tree must be the archive's and nothing more. */
export async function createTreeSink(root: string, signal: AbortSignal): Promise<Sink> {
  const before = await listedFiles(root);
  const wanted = new Set<string>();
  return {
    async add(entry, bytes) {
      wanted.add(entry.path);
      const hash = createHash('sha256');
      await write(root, entry, hashed(bytes, hash), signal).catch((error: unknown) => {
        throw localFailure(error, join(root, entry.path));
      });
      return { sha256: Promise.resolve(hash.digest('hex')) };
    },
    // What an earlier pack left behind would be reported at the site as unlisted; only files that it listed itself are removed.
    async finish() {
      for (const path of before) if (!wanted.has(path)) await rm(join(root, path), { force: true });
    },
    abort: () => Promise.resolve(),
  };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Files of the earlier tree in the folder, by its own SHA256SUMS; none for a folder that is new or empty. */
async function listedFiles(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  const sums = await readFile(join(root, 'SHA256SUMS'), 'utf8').catch(() => undefined);
  if (sums === undefined && names.length > 0 && !names.every((name) => name.endsWith('.part'))) {
    throw new ShrinkwrapError('USAGE_BAD', { message: `${root} holds files of something else`, hint: 'give an empty folder, or one that --use-path made' });
  }
  const paths = (sums ?? '')
    .split('\n')
    .map((line) => line.slice(66))
    .filter((path) => path !== '');
  return pathProblems(paths).length > 0 ? [] : paths;
}

async function write(root: string, entry: Entry, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const path = join(root, entry.path);
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(part, { mode: entry.mode }), { signal });
    await chmod(part, entry.mode);
    if (await sameFile(path, part, entry.size)) await chmod(path, entry.mode);
    else await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

async function sameFile(path: string, part: string, size: number): Promise<boolean> {
  const present = await stat(path).catch(() => undefined);
  if (present?.isFile() !== true || present.size !== size) return false;
  const [a, b] = await Promise.all([sha256(path), sha256(part)]);
  return a === b;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
