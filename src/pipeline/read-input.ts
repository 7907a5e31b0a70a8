/** A file that the user named; its absence is the user's to know. */
import { readFile } from 'node:fs/promises';
import { ShrinkwrapError } from '../domain/errors.ts';

export async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  }
}
