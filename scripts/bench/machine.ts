/** What the figures were measured on: without it they say nothing. */
import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryGib: number;
  readonly kernel: string;
  /** First line of what each program says of itself; absent programs are left out. */
  readonly versions: Readonly<Record<string, string>>;
}

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  curl: ['--version'],
  skopeo: ['--version'],
  dockerd: ['--version'],
  'docker-registry': ['--version'],
  openssl: ['version'],
};

export function machine(): Machine {
  const found = Object.entries(PROGRAMS).flatMap(([program, args]): [string, string][] => {
    const { stdout, status } = spawnSync(program, args, { encoding: 'utf8' });
    return status === 0 ? [[program, (stdout.split('\n', 1)[0] ?? '').replace(/[ ,]*[(,].*/, '')]] : [];
  });
  return {
    cores: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    versions: { node: process.versions.node, ...Object.fromEntries(found) },
  };
}

export const formatMachine = ({ cores, model, memoryGib, kernel, versions }: Machine): string =>
  [`${cores} cores (${model}), ${memoryGib} GiB, Linux ${kernel}, node ${versions['node'] ?? ''}`, ...Object.values(versions).slice(1)]
    .map((line) => `${line}\n`)
    .join('');
