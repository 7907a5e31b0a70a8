/** Measures: node dist/scripts/bench/run.js [--json] [NAME…]. Without names everything; the last lines are the table, or one JSON document. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { images } from './images.ts';
import { formatMachine, machine } from './machine.ts';
import type { Measurement, Row } from './measurement.ts';
import { memory } from './memory.ts';
import { push } from './push.ts';
import { secondRun } from './second-run.ts';
import { startUp } from './start-up.ts';
import { formatRows } from './table.ts';
import { verifySnap } from './verify-snap.ts';
import { wholePack } from './whole-pack.ts';

const MEASUREMENTS: readonly Measurement[] = [startUp, images, wholePack, secondRun, memory, push, verifySnap];

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const isThere = (program: string): boolean => spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;

async function measure({ name, about, needs, measure: run }: Measurement): Promise<readonly Row[]> {
  const missing = needs.filter(({ program }) => !isThere(program));
  for (const { program, debian } of missing) say(`${name} is skipped: ${program} is not installed (Debian package ${debian})`);
  if (missing.length > 0) return [];
  say(`${name}: ${about}`);
  const work = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    return await run(work, (line) => say(`  ${line}`));
  } catch (error) {
    // The others are still worth their minutes.
    say(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    return [];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const words = process.argv.slice(2);
const names = words.filter((word) => word !== '--json');
const unknown = names.filter((name) => !MEASUREMENTS.some((each) => each.name === name));
if (unknown.length > 0) {
  say(`no measurement ${unknown.join(', ')}; there are ${MEASUREMENTS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
} else {
  const rows: Row[] = [];
  for (const each of MEASUREMENTS) if (names.length === 0 || names.includes(each.name)) rows.push(...(await measure(each)));
  process.stdout.write(words.includes('--json') ? `${JSON.stringify({ machine: machine(), rows })}\n` : `${formatMachine(machine())}\n${formatRows(rows)}`);
}
