/** What it costs to verify a snap against its assertions, beside `openssl dgst -sha3-384` on the same file; memory must not grow with it. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '#src/pipeline/verify/hash-file.js';
import { createTrust } from '../pki/create-trust.ts';
import { signSnap } from '../pki/sign-snap.ts';
import { cli } from './cli.ts';
import { interleave, type Samples } from './interleave.ts';
import { type Measurement, OPENSSL } from './measurement.ts';
import { timed } from './timed.ts';

const MIB = 1 << 20;
const SIZE_MIB = 1024;
const ROUNDS = 3;

export const verifySnap: Measurement = {
  name: 'verify-snap',
  about: 'a snap of 1 GiB verified, beside openssl dgst -sha3-384',
  needs: [OPENSSL],
  async measure(work) {
    const small = await verified(join(work, 'small'), 16, 1);
    const large = await verified(join(work, 'large'), SIZE_MIB, ROUNDS);
    const growth = large.peakMib('verify') - small.peakMib('verify');
    return [
      {
        what: `verify of a snap of ${SIZE_MIB} MiB over openssl dgst`,
        ours: large.seconds('verify'),
        other: large.seconds('openssl'),
        unit: 's',
        figure: large.ratio('verify', 'openssl'),
        budget: { atMost: 1.3 },
      },
      { what: `memory of verify, growth from 16 to ${SIZE_MIB} MiB`, ours: growth, unit: 'MiB', figure: growth, budget: { atMost: 40 } },
    ];
  },
};

async function verified(folder: string, mib: number, rounds: number): Promise<Samples> {
  await mkdir(folder);
  const [snap, stream, trustFile] = ['snap', 'assert', 'trust.assert'].map((end) => join(folder, `bench.${end}`)) as [string, string, string];
  await makeSnap(snap, mib);
  const now = new Date();
  const trust = await createTrust({ now });
  const { hex } = await hashFile(snap, ['sha3-384']);
  await writeFile(stream, signSnap({ name: 'bench', id: 'b'.repeat(32), revision: 1, size: mib * MIB, sha3_384: hex['sha3-384'] ?? '' }, trust, now));
  await writeFile(trustFile, trust.trustAssertions);
  return interleave(
    [
      { name: 'openssl', run: () => timed(['openssl', 'dgst', '-sha3-384', snap]) },
      { name: 'verify', run: () => timed(cli('verify', stream, '--snap', snap, '--snap-trust', trustFile, '-q')) },
    ],
    rounds,
  );
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
