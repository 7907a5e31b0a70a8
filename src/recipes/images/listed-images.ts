/** Lists → the images that are wanted, each once, with the lines that want it. Pure. */
import { isShrinkwrapError, ShrinkwrapError, type Problem } from '../../domain/errors.ts';
import { listLines } from '../../domain/image-list.ts';
import { normalName } from '../image-names.ts';
import type { NamedList } from '../recipe.ts';
import { globToRegExp } from './glob.ts';
import { listNames } from './list-names.ts';

export interface ListedImage {
  /** In full. */
  readonly name: string;
  /** As the lists write it, each spelling once. */
  readonly written: readonly string[];
  /** `NAME:LINE`, in the order of the lists. */
  readonly reasons: readonly string[];
}

export interface Filters {
  readonly registryPrefix?: string;
  readonly excludes?: readonly string[];
}

/**
 * In the order in which they are first named. A filter looks at the name in full and as it is written. INPUT_INVALID with every line that is no
 * reference, and when nothing is left.
 */
export function listedImages(lists: readonly NamedList[], filters: Filters): { readonly images: readonly ListedImage[]; readonly warnings: readonly string[] } {
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
  return filtered([...found.values()], filters, lists);
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

function filtered(
  images: readonly ListedImage[],
  { registryPrefix = '', excludes = [] }: Filters,
  lists: readonly NamedList[],
): ReturnType<typeof listedImages> {
  const spellings = ({ name, written }: ListedImage): string[] => [name, ...written];
  const patterns = excludes.map((glob) => ({ glob, pattern: globToRegExp(glob) }));
  const isExcluded = (image: ListedImage): boolean => patterns.some(({ pattern }) => spellings(image).some((text) => pattern.test(text)));
  const kept = images.filter((image) => spellings(image).some((text) => text.startsWith(registryPrefix)) && !isExcluded(image));
  if (kept.length === 0) {
    const why = images.length === 0 ? 'no image is named in it' : `none of its ${images.length} images is left after --registry-prefix and --exclude`;
    const file = lists.map((list) => (list.file === '-' ? 'stdin' : list.file)).join(', ');
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'image list', problems: [{ file, code: 'empty', message: why }] });
  }
  const idle = patterns.filter(({ pattern }) => !images.some((image) => spellings(image).some((text) => pattern.test(text))));
  return { images: kept, warnings: idle.map(({ glob }) => `--exclude ${glob} matches none of the images`) };
}
