/** One thing that a rehearsal looked at. */
import type { ShrinkwrapError } from '../../domain/errors.ts';

export type Status = 'ok' | 'missing' | 'altered' | 'extra' | 'failed';

export interface Check {
  /** A path of the archive, an image, a snap, or the step that was run. */
  readonly path: string;
  readonly status: Status;
  readonly expected?: string;
  readonly found?: string;
  /** What went wrong where an error says more. */
  readonly error?: ShrinkwrapError;
}

export const ok = (path: string): Check => ({ path, status: 'ok' });
