/** One directory laid out like an unpacked archive. Every path that comes from data goes through here and cannot leave the directory. */
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { ShrinkwrapError } from '../domain/errors.ts';
import { sortedBy } from '../domain/sorted.ts';
import { parseTsv } from '../domain/tsv.ts';
import type { Content } from './exchange.ts';

export interface StoredFile extends Content {
  /** Absolute. */
  readonly path: string;
}

export interface Directory {
  /** As given, for messages. */
  readonly name: string;
  /** The file, or `undefined` when there is none. Paths with `..` and links that lead out are refused. */
  find(path: string): Promise<StoredFile | undefined>;
  /** The file; its absence is an error that names it. */
  file(path: string, what: string): Promise<StoredFile>;
  text(path: string): Promise<string | undefined>;
  bytes(path: string): Promise<Buffer | undefined>;
  /** Names in a folder with their kind, sorted; `undefined` when it is none. */
  list(path: string): Promise<readonly { name: string; type: 'file' | 'dir' }[] | undefined>;
  /** Rows of a table; none when the file is absent. */
  table<C extends string>(path: string, columns: readonly C[]): Promise<Record<C, string>[]>;
}

/** A plain relative path: no root, no `..`, no empty part, nothing that another system reads as a separator. */
export const isPlainPath = (path: string): boolean =>
  path !== '' && !/[\\:\u0000-\u001f]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

export const fileContent = (path: string, size: number): StoredFile => ({
  path,
  size,
  open: (start, end) => (end > start ? createReadStream(path, { start, end: end - 1 }) : Readable.from([])),
});

const code = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code(error));

export async function openDirectory(name: string): Promise<Directory> {
  const root = await realpath(name).catch((error: unknown) => {
    throw isAbsent(error) ? new ShrinkwrapError('INPUT_ABSENT', { path: name }, { cause: error }) : error;
  });
  const inside = async (path: string): Promise<string | undefined> => {
    if (!isPlainPath(path)) throw new ShrinkwrapError('INPUT_MALFORMED', { what: `path in ${name}`, text: path, wanted: 'a plain relative path' });
    const real = await realpath(join(root, path)).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (real === undefined || real.startsWith(root + sep)) return real;
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: `path in ${name}`, text: path, wanted: 'a file inside the directory' });
  };
  const find = async (path: string): Promise<StoredFile | undefined> => {
    const real = await inside(path);
    const stats = real === undefined ? undefined : await lstat(real);
    return real !== undefined && stats?.isFile() === true ? fileContent(real, stats.size) : undefined;
  };
  const bytes = async (path: string): Promise<Buffer | undefined> => {
    const found = await find(path);
    return found === undefined ? undefined : readFile(found.path);
  };
  const text = async (path: string): Promise<string | undefined> => (await bytes(path))?.toString('utf8');
  return {
    name,
    find,
    bytes,
    text,
    async file(path, what) {
      const found = await find(path);
      if (found === undefined)
        throw new ShrinkwrapError('INPUT_INVALID', { what, problems: [{ file: path, code: 'absent', message: `${name} has no file ${path}` }] });
      return found;
    },
    async list(path) {
      const real = await inside(path);
      if (real === undefined || !(await lstat(real)).isDirectory()) return undefined;
      const entries = (await readdir(real, { withFileTypes: true })).filter((entry) => entry.isFile() || entry.isDirectory());
      return sortedBy(entries, ({ name }) => name).map((entry) => ({ name: entry.name, type: entry.isFile() ? 'file' : 'dir' }));
    },
    async table(path, columns) {
      const content = await text(path);
      return content === undefined ? [] : parseTsv(content, columns, `${name}/${path}`);
    },
  };
}
