/** The file of an include directive: a plain file below the folder of the text that names it. A link may stand there, but not lead out of it. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

/** `path` is relative to the folder of `beside`; a reason instead of the bytes where there is no such file to be had. */
export async function readIncluded(path: string, beside: string): Promise<Buffer | { readonly refused: string }> {
  try {
    const folder = await realpath(dirname(beside));
    const file = await realpath(join(folder, path));
    if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return { refused: "it is a link that leads out of the bundle's folder" };
    if (!(await stat(file)).isFile()) return { refused: 'it is no plain file' };
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { refused: code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : `it cannot be read (${code})` };
  }
}
