/** Runs a program of this machine; the only importer of execa. No shell, and never the program's output in an error (facts/style.md 10). */
import type { Readable } from 'node:stream';
import { ShrinkwrapError } from '../domain/errors.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment: nothing of ours leaks in. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What the program reads; nothing by default. */
  readonly input?: string | Readable;
  /** In a process group of its own: what a terminal sends to ours (Ctrl-C) does not reach it, only the signal does. */
  readonly ownGroup?: boolean;
  /** Milliseconds between being asked to end and being killed; 5000 by default. */
  readonly patience?: number;
  /** Told each line as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface Ran {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
}

/** Ends with the exit code, whatever it is. A program that is not there is LOCAL_TOOL; an abort throws its reason after the program is gone. */
export async function runProcess(
  command: string,
  args: readonly string[],
  { cwd, env, signal, input, ownGroup = false, patience = 5000, onLine }: RunOptions,
): Promise<Ran> {
  signal.throwIfAborted();
  // Loaded when a program is run at all: it takes longer to load than everything that most runs need of this room.
  const { execa } = await import('execa');
  const child = execa(command, args, {
    env: { ...env },
    extendEnv: false,
    // Kept output would also be copied into the error's message.
    buffer: false,
    reject: false,
    cancelSignal: AbortSignal.any([signal]),
    forceKillAfterDelay: patience,
    detached: ownGroup,
    ...(cwd !== undefined && { cwd }),
    ...(input === undefined ? { stdin: 'ignore' as const } : typeof input === 'string' ? { input } : { stdin: input }),
  });
  const tell = async (stream: 'stdout' | 'stderr'): Promise<void> => {
    for await (const line of child.iterable({ from: stream })) onLine?.(line, stream);
  };
  const [result] = await Promise.all([child, tell('stdout'), tell('stderr')]);
  signal.throwIfAborted();
  if (result.code === 'ENOENT' || result.code === 'EACCES')
    throw new ShrinkwrapError('LOCAL_TOOL', { tool: command, need: result.code === 'ENOENT' ? 'not found in PATH' : 'not executable' });
  return { exitCode: result.exitCode };
}
