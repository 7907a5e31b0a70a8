/** Small doors to the bundle room for its tests. */
import { isShrinkwrapError, type Problem } from '#src/domain/errors.js';
import type { Bundle } from '#src/bundle/bundle.js';
import { mergeBundle } from '#src/bundle/overlay.js';
import { readBundle } from '#src/bundle/read.js';

export const bundleOf = (text: string, file = 'bundle.yaml'): Bundle => readBundle(text, file).base.bundle;

/** Base and overlays of one text with several documents. */
export function mergedOf(text: string): Bundle {
  const { base, overlays } = readBundle(text, 'bundle.yaml');
  return mergeBundle(
    base.bundle,
    overlays.map((part) => part.bundle),
  );
}

/** The problems of an INPUT_INVALID; fails when nothing or something else is thrown. */
export function problemsOf(act: () => unknown): readonly Problem[] {
  try {
    act();
  } catch (error) {
    if (isShrinkwrapError(error) && error.code === 'INPUT_INVALID' && 'problems' in error.facts) return error.facts.problems;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** `file:line:column code message`, one a line. */
export const shownProblems = (problems: readonly Problem[]): string[] =>
  problems.map(({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`);
