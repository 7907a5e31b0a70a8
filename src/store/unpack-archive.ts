/** The dated tar.gz → a directory. Names are checked before anything is written. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { ShrinkwrapError } from '../domain/errors.ts';
import { localFailure } from './local-failure.ts';

/** Path of the one top directory below `into`, with the files that are wanted by their paths in it. INPUT_MALFORMED for what is no archive of ours. */
export async function unpackArchive(archive: string, into: string, signal: AbortSignal, wants: (path: string) => boolean = () => true): Promise<string> {
  const entries = extract();
  const read = pipeline(createReadStream(archive, { highWaterMark: 1 << 20 }), createGunzip({ chunkSize: 1 << 20 }), entries, { signal });
  // It may fail while a file is being written, when nobody is waiting for it yet; whoever waits is told.
  read.catch(() => undefined);
  const tops = new Set<string>();
  const refuse = (found: string): never => {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'archive', text: archive, wanted: `files below one top directory, found ${found}` });
  };
  try {
    for await (const entry of entries) {
      const { name, type, mode } = entry.header;
      const parts = name.split('/');
      const isFile = type === 'file' && parts.length > 1 && !parts.some((part) => part === '' || part === '.' || part === '..') && !name.includes('\\');
      if (!isFile && type !== 'directory') refuse(`${name}, a ${type ?? 'thing'}`);
      if (isFile) tops.add(parts[0] ?? '');
      if (isFile && wants(parts.slice(1).join('/'))) {
        const path = join(into, name);
        await mkdir(dirname(path), { recursive: true });
        await pipeline(entry, createWriteStream(path, { mode: (mode ?? 0o644) & 0o755 }), { signal });
      } else entry.resume();
      // Asked for another entry after it was closed, the extractor never answers.
      signal.throwIfAborted();
    }
    await read;
  } catch (error) {
    await read.catch(() => undefined);
    throw unpackFailure(error, archive);
  }
  const [top, ...others] = tops;
  if (top === undefined || others.length > 0) return refuse(`${tops.size} of them`);
  // There also when nothing in it was wanted.
  await mkdir(join(into, top), { recursive: true });
  return join(into, top);
}

function unpackFailure(error: unknown, archive: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_') || (error instanceof Error && /tar header|Unexpected end/i.test(error.message))) {
    return new ShrinkwrapError('INPUT_MALFORMED', { what: 'archive', text: archive, wanted: 'a complete tar.gz' }, { cause: error });
  }
  return localFailure(error, archive);
}
