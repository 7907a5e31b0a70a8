/** What goes into the archive: a path, its size known beforehand, and a way to read it. */
import type { Readable } from 'node:stream';
import { ShrinkwrapError, type Problem } from '../domain/errors.ts';
import { fitsTarHeader } from './tar-header.ts';

export interface Entry {
  /** Relative to the archive's top directory. */
  readonly path: string;
  readonly mode: 0o644 | 0o755;
  readonly size: number;
  /** Opened once for every place it is written to; must yield exactly `size` bytes. */
  open(signal: AbortSignal): Readable | AsyncIterable<Uint8Array>;
}

/** A small file from memory. */
export function bytesEntry(path: string, content: string | Buffer, mode: Entry['mode'] = 0o644): Entry {
  const bytes = Buffer.from(content);
  return {
    path,
    mode,
    size: bytes.length,
    // A zero-length chunk would end some readers early; no chunk is what an empty file has.
    async *open() {
      await Promise.resolve();
      if (bytes.length > 0) yield bytes;
    },
  };
}

const WINDOWS_RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
/** What a ustar header holds in its two name fields, less room for the top directory. */
const NAME_LIMIT = 100;
const PATH_LIMIT = 200;

/** `top` is the directory of the archive, where it is known. Names that a FAT stick, Windows or tar would refuse or confuse, and pairs that differ in case only. */
export function pathProblems(paths: Iterable<string>, top = ''): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  for (const path of paths) {
    const refuse = (message: string): void => void problems.push({ file: path, code: 'path', message });
    const parts = path.split('/');
    if (path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) refuse('not a plain relative path');
    else if (/[<>:"|?*\\\u0000-\u001f\u007f]/.test(path)) refuse('holds a character that FAT or Windows refuses');
    else if (parts.some((part) => /[ .]$/.test(part) || WINDOWS_RESERVED.test(part))) refuse('is a name that Windows refuses');
    else if (!/^[\u0020-\u007e]+$/.test(path)) refuse('is not plain ASCII');
    else if (parts.some((part) => part.length > NAME_LIMIT) || path.length > PATH_LIMIT || !fitsTarHeader(top === '' ? path : `${top}/${path}`))
      refuse('is too long for a tar header');
    const other = seen.get(path.toLowerCase());
    if (other !== undefined) refuse(`clashes with ${other}`);
    seen.set(path.toLowerCase(), path);
  }
  return problems;
}

/** The same, as an error with all of them. */
export function checkPaths(paths: Iterable<string>, top = ''): void {
  const problems = pathProblems(paths, top);
  if (problems.length > 0) throw new ShrinkwrapError('INPUT_INVALID', { what: 'names in the archive', problems });
}
