/**
 * Errors are facts with a code; cli/render-error.ts turns them into sentences, and the part of the code
 * before the first "_" decides the exit code (design 5).
 */

/** One thing wrong with an input, with its place: lines and columns count from 1. */
export interface Problem {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly code: string;
  readonly message: string;
}

export interface Facts {
  USAGE_BAD: { readonly message: string; readonly hint?: string };
  INPUT_ABSENT: { readonly path: string };
  INPUT_MALFORMED: { readonly what: string; readonly text: string; readonly wanted: string };
  INPUT_INVALID: { readonly what: string; readonly problems: readonly Problem[] };
  UPSTREAM_NOT_FOUND: { readonly what: string; readonly name: string; readonly where: string; readonly exists: readonly string[] };
  UPSTREAM_ANSWER: { readonly url: string; readonly path: string; readonly wanted: string; readonly found: string };
  NETWORK_UNREACHABLE: { readonly host: string; readonly proxy?: string; readonly tries: number; readonly reason: string };
  NETWORK_STATUS: { readonly url: string; readonly status: number; readonly tries: number; readonly detail: string };
  NETWORK_DENIED: { readonly url: string; readonly status: number; readonly detail: string };
  INTEGRITY_MISMATCH: { readonly what: string; readonly field: string; readonly wanted: string; readonly found: string };
  /** A snap whose assertions do not hold: which question about which assertion, and the answer. */
  INTEGRITY_SNAP: { readonly snap: string; readonly question: string; readonly of: string; readonly found: string };
  LOCAL_DISK: { readonly path: string; readonly reason: string };
  LOCAL_TOOL: { readonly tool: string; readonly need: string };
  PARTIAL_FAILED: { readonly failed: readonly { readonly what: string; readonly error: Error }[] };
  INTERRUPTED: { readonly signal: 'SIGINT' | 'SIGTERM' };
}

export type Code = keyof Facts;

/** A code with the facts that belong to it; switching on `code` narrows `facts`. */
export type Failure = { [C in Code]: { readonly code: C; readonly facts: Facts[C] } }[Code];

export class ShrinkwrapError<C extends Code = Code> extends Error {
  readonly code: C;
  readonly facts: Facts[C];
  constructor(code: C, facts: Facts[C], options?: { cause?: unknown }) {
    super(`${code} ${JSON.stringify(facts)}`, options);
    this.name = 'ShrinkwrapError';
    this.code = code;
    this.facts = facts;
  }
}

export const isShrinkwrapError = (error: unknown): error is ShrinkwrapError => error instanceof ShrinkwrapError;
