/** APT and PyPI: the folders as they lie, file by file. */
import { type Directory, isPlainPath } from './directory.ts';
import { type Handler, download } from './exchange.ts';

const TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', json: 'application/json', txt: 'text/plain; charset=utf-8' };

/** `/FOLDER/…` from the first directory that has the file; a folder is its index.html. */
export const createTree =
  (folder: 'apt' | 'pypi', directories: readonly Directory[]): Handler =>
  async ({ method, segments, path }) => {
    if (method !== 'GET' || segments[0] !== folder) return undefined;
    const wanted = [...segments, ...(path.endsWith('/') ? ['index.html'] : [])].join('/');
    if (!isPlainPath(wanted)) return undefined;
    for (const directory of directories) {
      const file = await directory.find(wanted);
      if (file !== undefined) return download(file, TYPES[wanted.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
    }
    return undefined;
  };
