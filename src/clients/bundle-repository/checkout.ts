/** A directory that somebody checked out: paths below it, whatever the ref. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import type { BundleRepository } from '../bundle-repository.ts';
import { isInside } from './inside.ts';

const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

export function createCheckout(dir: string): BundleRepository {
  const look = async <T>(path: string, read: (file: string) => Promise<T>): Promise<T | undefined> => {
    await assertDirectory(dir);
    if (!isInside(path)) return undefined;
    return read(join(dir, path)).catch((error: NodeJS.ErrnoException) => (ABSENT.has(error.code) ? undefined : Promise.reject(error)));
  };
  return {
    list: async (path) => (await look(path, (file) => readdir(file)))?.filter((name) => name !== '.git').toSorted(byCodeUnit),
    read: (path) => look(path, (file) => readFile(file)),
  };
}

/** A missing file is an answer; a missing checkout is a wrong flag. */
async function assertDirectory(dir: string): Promise<void> {
  const found = await stat(dir).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new ShrinkwrapError('INPUT_ABSENT', { path: dir });
}
