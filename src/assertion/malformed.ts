/** The one way in which reading an assertion fails: wrong bytes, so an integrity error whose `found` is snapd's own sentence where it has one. */
import { ShrinkwrapError } from '../domain/errors.ts';

const QUOTED_LENGTH = 120;

export function malformed(what: string, problem: string): never {
  throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'assertion', wanted: 'a well-formed and validly signed assertion', found: problem });
}

/** Hostile text in a message: escaped and of bounded length. */
export const quoted = (text: string): string => JSON.stringify(text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text);
