/** What a verb gets and gives. */
import type { Report } from '../domain/events.ts';
import type { Environment } from './settings-from-values.ts';
import type { Values } from './values.ts';

export interface CommandContext {
  readonly values: Values;
  readonly environment: Environment;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** All of standard input; read once. */
  readonly stdin: () => Promise<Buffer>;
  /** A line on stdout before the end: for the verbs that live until they are stopped, or pass another's output on. */
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

/** What stdout gets, and an exit code where it is not 0. */
export interface CommandResult {
  readonly output: string;
  readonly code?: number;
}

export type Command = (context: CommandContext) => Promise<CommandResult>;
