/** Names of unfinished files: a partial waits for the next try, a temporary belongs to the process that writes it. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/digest.ts';

const KEEP_MS = 14 * 24 * 3600 * 1000;

/** Temporaries of this process; one with our number that is not here was left by an earlier process of that number. */
const live = new Set<string>();
let counter = 0;

export const partialName = ({ algorithm, hex }: Digest): string => `${algorithm}-${hex}`;

export function reserveTemporary(partial: string): string {
  counter += 1;
  const path = `${partial}.${process.pid}-${counter}`;
  live.add(path);
  return path;
}

export const releaseTemporary = (path: string): void => void live.delete(path);

/** What a killed process left becomes a partial again; what nobody came back for in a fortnight goes. */
export async function sweepPartials(dir: string, now: number): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    const found = await stat(path).catch(() => undefined);
    const match = /^([^.]+)\.([0-9]+)-[0-9]+$/.exec(name);
    if (found === undefined || (match !== null && isAlive(Number(match[2]), path))) continue;
    if (now - found.mtimeMs > KEEP_MS || found.size === 0) await rm(path, { force: true, recursive: true });
    else if (match !== null) await adopt(path, found.size, join(dir, match[1] ?? ''));
  }
}

async function adopt(temporary: string, size: number, partial: string): Promise<void> {
  const other = await stat(partial).catch(() => undefined);
  if (other !== undefined && other.size >= size) await rm(temporary, { force: true });
  else await rename(temporary, partial).catch(() => undefined);
}

function isAlive(pid: number, path: string): boolean {
  if (pid === process.pid) return live.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
