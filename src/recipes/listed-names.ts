/** Lists → the images that they name, each once, with the lines that name it. Pure. */
import { isShrinkwrapError, ShrinkwrapError, type Problem } from '../domain/errors.ts';
import { listLines } from '../domain/image-list.ts';
import { normalName } from './image-names.ts';
import { listNames } from './list-names.ts';
import type { NamedList } from './recipe.ts';

export interface ListedImage {
  /** In full. */
  readonly name: string;
  /** As the lists write it, each spelling once. */
  readonly written: readonly string[];
  /** `NAME:LINE`, in the order of the lists. */
  readonly reasons: readonly string[];
}

/** In the order in which they are first named. INPUT_INVALID with every line that is no reference. */
export function listedNames(lists: readonly NamedList[]): ListedImage[] {
  const names = listNames(lists.map(({ file }) => file));
  const problems: Problem[] = [];
  const found = new Map<string, ListedImage>();
  for (const [index, { file, bytes }] of lists.entries()) {
    for (const { line, text } of listLines(bytes.toString('utf8'))) {
      const name = nameOrProblem(text, file === '-' ? 'stdin' : file, line);
      if (typeof name !== 'string') problems.push(name);
      else found.set(name, united(found.get(name), { name, written: [text], reasons: [`${names[index] ?? ''}:${line}`] }));
    }
  }
  if (problems.length > 0) throw new ShrinkwrapError('INPUT_INVALID', { what: 'image list', problems });
  return [...found.values()];
}

const united = (first: ListedImage | undefined, { name, written, reasons }: ListedImage): ListedImage => ({
  name,
  written: [...new Set([...(first?.written ?? []), ...written])],
  reasons: [...(first?.reasons ?? []), ...reasons],
});

function nameOrProblem(text: string, file: string, line: number): string | Problem {
  try {
    return normalName(text);
  } catch (error) {
    if (!isShrinkwrapError(error) || error.code !== 'INPUT_MALFORMED' || !('wanted' in error.facts)) throw error;
    return { file, line, code: 'reference', message: `${JSON.stringify(text)} is no image reference: wanted ${error.facts.wanted}` };
  }
}
