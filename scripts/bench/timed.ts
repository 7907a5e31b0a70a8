/** Wall time of a program, and the most memory that it held. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface Timed {
  readonly seconds: number;
  /** High-water mark of the resident memory of the process itself, as the kernel keeps it. */
  readonly peakMib: number;
}

export interface TimedOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Who looks more often takes a part of what is measured; the mark itself never falls. */
const WATCH_MS = 100;

/** Fails with what the program said when it does. */
export async function timed([program = '', ...args]: readonly string[], { cwd, env }: TimedOptions = {}): Promise<Timed> {
  const from = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env }, ...(cwd !== undefined && { cwd }) });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  let peakMib = 0;
  const watch = setInterval(() => void peakOf(child.pid).then((seen) => (peakMib = Math.max(peakMib, seen))), WATCH_MS);
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done)).finally(() => clearInterval(watch));
  if (code !== 0) throw new Error(`${program} ${args.slice(0, 3).join(' ')} … ended with ${code ?? 'a signal'}: ${said}`);
  return { seconds: (performance.now() - from) / 1000, peakMib };
}

async function peakOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
}
