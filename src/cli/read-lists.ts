/** The lists of images that the user named; `-` is standard input. */
import { readInput } from '../pipeline/read-input.ts';
import type { NamedList } from '../recipes/recipe.ts';

export const readLists = (files: readonly string[], stdin: () => Promise<Buffer>): Promise<NamedList[]> =>
  Promise.all(files.map(async (file) => ({ file, bytes: file === '-' ? await stdin() : await readInput(file) })));
