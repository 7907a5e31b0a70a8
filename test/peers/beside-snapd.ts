/** A real snapd for a test, on directories of its own; it needs root. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { tempDir } from '../support/temp-dir.ts';

const PROGRAM = join(import.meta.dirname, '../../../test/peers/beside-snapd.sh');

/** Runs commands of bash while snapd asks the store at `url`; what they write to stdout. */
export async function besideSnapd(t: TestContext, url: string, script: string): Promise<string> {
  const env = { ...process.env, SNAPPY_FORCE_API_URL: `${url}/`, LC_ALL: 'C' };
  return (await promisify(execFile)('unshare', ['-m', 'bash', PROGRAM, tempDir(t), script], { env, timeout: 120_000 })).stdout;
}
