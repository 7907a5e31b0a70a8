/** Runs an archive's deploy.sh the way a stranger's machine would: nothing in the environment but what is given. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KitArchive } from './kit-archive.ts';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** TMPDIR and HOME lie beside the tree, so that a test sees what is left there. */
export function deploySh(
  archive: KitArchive,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onStart?: (pid: number) => void,
): Promise<Run> {
  for (const name of ['home', 'tmp']) mkdirSync(join(archive.beside, name), { recursive: true });
  const clean = { PATH, HOME: join(archive.beside, 'home'), TMPDIR: join(archive.beside, 'tmp'), SHRINKWRAP_RETRIES: '0', JUJU: 'no-juju-here' };
  return new Promise((resolve, reject) => {
    const child = spawn(join(archive.root, 'deploy.sh'), [...args], { cwd: archive.beside, env: { ...clean, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    if (onStart !== undefined && child.pid !== undefined) onStart(child.pid);
  });
}

/** A stand-in for a program: writes down its working directory and arguments, one a line, says `output` to the argument `when`, knows every model, ends with `code`. */
export function standIn(
  archive: KitArchive,
  path: string,
  { when, output, code = 0 }: { when: string; output: string; code?: number },
): { path: string; calls: () => string[][] } {
  const program = join(archive.beside, path);
  const record = `${program}.calls`;
  mkdirSync(join(program, '..'), { recursive: true });
  writeFileSync(record, '');
  writeFileSync(
    program,
    `#!/bin/bash\nif [ "$1" = '${when}' ]; then echo '${output}'; exit 0; fi\n[ "$1" != show-model ] || exit 0\nprintf '%s\\0' "$PWD" "$@" >>'${record}'; printf '\\n' >>'${record}'\nexit ${code}\n`,
  );
  chmodSync(program, 0o755);
  return {
    path: program,
    calls: () =>
      readFileSync(record, 'utf8')
        .split('\0\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\0')),
  };
}
