/** A command line or a shrinkwrap.yaml that says what we do not know. */
import { ShrinkwrapError } from '../domain/errors.ts';
import { editDistance } from '../domain/near-names.ts';

export function usage(message: string, hint = 'shrinkwrap --help lists the options'): never {
  throw new ShrinkwrapError('USAGE_BAD', { message, hint });
}

/** What may have been meant, as the end of a message. */
export function nearest(word: string, known: readonly string[]): string {
  const [best] = known.map((name) => ({ name, distance: editDistance(word, name) })).toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? `; did you mean --${best.name}?` : '';
}
