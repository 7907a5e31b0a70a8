/** What it costs to verify a snap against its assertions, beside `openssl dgst -sha3-384` on the same file: SIZE_MIB (default 1024), RUNS (default 3). */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hashFile } from '#src/pipeline/verify/hash-file.js';
import { createTrust } from '../pki/create-trust.ts';
import { signSnap } from '../pki/sign-snap.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.js');
const MIB = 1 << 20;
/** The budget of issue 4: what the chain and node's own start may add to the bare digest. */
const LIMIT = 1.3;
/** Memory may grow by no more than this from a small file to a large one. */
const GROWTH_MIB = 40;

interface Run {
  readonly seconds: number;
  readonly peakMib: number;
}

/** Wall time of a program, and the most memory that it was seen to hold. */
async function run(command: string, args: readonly string[]): Promise<Run> {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(() => void peakOf(child.pid).then((seen) => (peak = Math.max(peak, seen))), 20);
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}`);
  return { seconds: (performance.now() - start) / 1000, peakMib: peak };
}

async function peakOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
}

async function makeSnap(path: string, mib: number): Promise<void> {
  const block = randomBytes(MIB);
  const file = await open(path, 'w');
  for (let written = 0; written < mib; written += 1) {
    block.writeUInt32LE(written, 0);
    await file.write(block);
  }
  await file.close();
}

async function measure(folder: string, mib: number, runs: number): Promise<{ openssl: Run; verify: Run }> {
  const [snap, stream, trustFile] = ['snap', 'assert', 'trust.assert'].map((end) => join(folder, `bench.${end}`)) as [string, string, string];
  await makeSnap(snap, mib);
  const now = new Date();
  const trust = await createTrust({ now });
  const { hex } = await hashFile(snap, ['sha3-384']);
  await writeFile(stream, signSnap({ name: 'bench', id: 'b'.repeat(32), revision: 1, size: mib * MIB, sha3_384: hex['sha3-384'] ?? '' }, trust, now));
  await writeFile(trustFile, trust.trustAssertions);
  const best = (found: readonly Run[]): Run => ({
    seconds: Math.min(...found.map(({ seconds }) => seconds)),
    peakMib: Math.max(...found.map(({ peakMib }) => peakMib)),
  });
  const [openssl, verify]: [Run[], Run[]] = [[], []];
  // Side by side, so that whatever else the machine does hits both.
  for (let turn = 0; turn < runs; turn += 1) {
    openssl.push(await run('openssl', ['dgst', '-sha3-384', snap]));
    verify.push(await run(process.execPath, [MAIN, 'verify', stream, '--snap', snap, '--snap-trust', trustFile, '-q']));
  }
  return { openssl: best(openssl), verify: best(verify) };
}

async function main(): Promise<boolean> {
  const mib = Number(process.env['SIZE_MIB'] ?? 1024);
  const runs = Number(process.env['RUNS'] ?? 3);
  const folder = await mkdtemp(join(tmpdir(), 'shrinkwrap-bench-'));
  try {
    const small = await measure(folder, 16, 1);
    const large = await measure(folder, mib, runs);
    const ratio = large.verify.seconds / large.openssl.seconds;
    const growth = large.verify.peakMib - small.verify.peakMib;
    const line = (name: string, { seconds, peakMib }: Run): string =>
      `${name.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s ${peakMib.toFixed(0).padStart(6)} MiB\n`;
    process.stdout.write(
      line(`openssl dgst, ${mib} MiB`, large.openssl) + line(`shrinkwrap verify, ${mib} MiB`, large.verify) + line('shrinkwrap verify, 16 MiB', small.verify),
    );
    process.stdout.write(`ratio ${ratio.toFixed(2)} (limit ${LIMIT}), memory grows by ${growth.toFixed(0)} MiB (limit ${GROWTH_MIB})\n`);
    return ratio <= LIMIT && growth <= GROWTH_MIB;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
