/** The outcome of one question about a chain or a snap file: a fact, for a person or a program to judge. */
import { isShrinkwrapError, ShrinkwrapError } from '../domain/errors.ts';

export interface Check {
  /** The question: format, signature, size … */
  readonly what: string;
  /** Of which assertion or snap. */
  readonly of: string;
  readonly ok: boolean;
  /** Why not; when ok, what was found. */
  readonly detail: string;
}

export type Verdict = Pick<Check, 'ok' | 'detail'>;

export const pass = (detail: string): Verdict => ({ ok: true, detail });
export const fail = (detail: string): Verdict => ({ ok: false, detail });

/** A reader that throws, as a verdict. */
export function attempt(judge: () => Verdict): Verdict {
  try {
    return judge();
  } catch (error) {
    if (isShrinkwrapError(error) && error.code === 'INTEGRITY_MISMATCH' && 'found' in error.facts) return fail(error.facts.found);
    throw error;
  }
}

/** Ends the matter at the first check that failed; `snap` is what they are about. */
export function requireChecks(checks: readonly Check[], snap: string): void {
  const failed = checks.find(({ ok }) => !ok);
  if (failed !== undefined) throw new ShrinkwrapError('INTEGRITY_SNAP', { snap, question: failed.what, of: failed.of, found: failed.detail });
}
