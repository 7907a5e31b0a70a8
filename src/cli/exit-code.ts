/** The exit codes, an interface (design 5): the part of an error's code before the first "_" decides. */
import type { Code } from '../domain/errors.ts';

const FAMILIES: Readonly<Record<string, number>> = { USAGE: 2, INPUT: 3, UPSTREAM: 4, NETWORK: 5, INTEGRITY: 6, LOCAL: 7, PARTIAL: 8 };

export const EXIT_BUG = 1;

export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'a bug of shrinkwrap'],
  [2, 'usage: unknown flag, bad value'],
  [3, 'input invalid: file absent, bundle or overlay wrong'],
  [4, 'upstream has no such thing: name, channel, arch, tag, overlay'],
  [5, 'network: unreachable, refused, retries used up'],
  [6, 'integrity: wrong bytes, bad signature'],
  [7, 'this machine: disk, permission, tool missing'],
  [8, 'partial, with --keep-going'],
  [130, 'interrupted (143: terminated); a rerun resumes'],
];

export const exitCode = (code: Code): number => (code === 'INTERRUPTED' ? 130 : (FAMILIES[code.split('_', 1)[0] ?? ''] ?? EXIT_BUG));
