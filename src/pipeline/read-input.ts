/** A file that the user named; its absence is the user's to know. */
import { readFile, stat } from 'node:fs/promises';
import { ShrinkwrapError } from '../domain/errors.ts';

/** Beyond `limit` bytes it is not read at all: INPUT_MALFORMED. */
export async function readInput(path: string, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const absent = (error: unknown): never => {
    throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  };
  const { size } = await stat(path).catch(absent);
  if (size > limit) throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'file', text: path, wanted: `at most ${limit} bytes, it has ${size}` });
  return readFile(path).catch(absent);
}
