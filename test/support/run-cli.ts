/** The built CLI as a user runs it: arguments in, exit code and both streams out. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const MAIN = resolve(ROOT, 'dist', 'cli', 'main.js');
const WORLD = resolve(ROOT, 'dist', 'scripts', 'world.js');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In a process group of its own, to which a signal can go as from a terminal: `process.kill(-pid, …)`. */
  readonly ownGroup?: boolean;
  /** Told the child as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

const BASE_ENV = { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', TZ: 'UTC', LC_ALL: 'C' };

export const runCli = (args: readonly string[], options: RunOptions): Promise<Ran> => run(process.execPath, [MAIN, ...args], options);

export const runWorld = (args: readonly string[], options: RunOptions): Promise<Ran> => run(process.execPath, [WORLD, ...args], options);

export function run(command: string, args: readonly string[], { cwd, env, ownGroup = false, onStart }: RunOptions): Promise<Ran> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { cwd, env: { ...BASE_ENV, HOME: cwd, ...env }, detached: ownGroup, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      done({ code: code ?? (signal === null ? -1 : 128), stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    onStart?.(child);
  });
}
