/** Which images of the lists are wanted. Pure. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { listedNames, type ListedImage } from '../listed-names.ts';
import type { NamedList } from '../recipe.ts';
import { globToRegExp } from './glob.ts';

export interface Filters {
  readonly registryPrefix?: string;
  readonly excludes?: readonly string[];
}

export interface WantedImages {
  readonly images: readonly ListedImage[];
  readonly warnings: readonly string[];
}

/** A filter looks at the name in full and as it is written. INPUT_INVALID with every line that is no reference, and when nothing is left. */
export function listedImages(lists: readonly NamedList[], { registryPrefix = '', excludes = [] }: Filters): WantedImages {
  const images = listedNames(lists);
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
