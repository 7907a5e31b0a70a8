/** Thousands of small damages to a signed stream: none is accepted, none takes long. FUZZ=50000 tries more of each stream (make fuzz), FUZZ_SEED repeats a run. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import { checkChain } from '#src/assertion/check-chain.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import type { TrustRoots } from '#src/assertion/trust-roots.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { MUTATIONS, randomFrom } from './mutations.ts';
import { NOW, signedSnap, testRoots, testTrust, upstreamData, withoutData } from '../../support/pki.ts';

const SAMPLE = 'assertions/word-salad_7.assert';
const COUNT = Number(process.env['FUZZ'] ?? 2000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const SLOW_MS = 1000;

/** Accepted means accepted with the very statements that were signed: another spelling of a signature is harmless, another statement is not. */
function tamper(stream: Buffer, roots: TrustRoots): void {
  const random = randomFrom(SEED);
  const honest = decodeStream(stream);
  const statements = new Set(honest.map(({ content }) => content.toString('latin1')));
  const judge = (bytes: Buffer): 'malformed' | 'refused' | 'accepted' => {
    try {
      const assertions = decodeStream(bytes);
      if (!checkChain(assertions, { roots, now: NOW }).ok) return 'refused';
      assert.ok(assertions.every(({ content }) => statements.has(content.toString('latin1'))));
      return 'accepted';
    } catch (error) {
      assert.ok(isShrinkwrapError(error) && error.code === 'INTEGRITY_MISMATCH', error instanceof Error ? error : String(error));
      return 'malformed';
    }
  };
  assert.equal(judge(stream), 'accepted');
  const outcomes = { malformed: 0, refused: 0, accepted: 0 };
  for (let run = 0; run < COUNT; run += 1) {
    const mutate = MUTATIONS[random(MUTATIONS.length)] ?? ((bytes: Buffer) => bytes);
    const bytes = mutate(stream, random);
    const start = performance.now();
    const outcome = judge(bytes);
    const tookMs = performance.now() - start;
    assert.ok(tookMs < SLOW_MS, `mutation ${run} of seed ${SEED} took ${tookMs} ms`);
    if (!bytes.equals(stream)) outcomes[outcome] += 1;
  }
  // Both gates are reached often, and what passes (a final line feed less, an unhashed byte) is rare.
  assert.ok(outcomes.malformed > COUNT / 20 && outcomes.refused > COUNT / 20 && outcomes.accepted < COUNT / 50, JSON.stringify(outcomes));
}

it(`accepts no other statement in ${COUNT} damaged copies of a made stream`, async () => tamper(await signedSnap(), testRoots(await testTrust())));

it(`accepts no other statement in ${COUNT} damaged copies of a real stream`, { skip: withoutData(SAMPLE) }, () =>
  tamper(upstreamData(SAMPLE) ?? Buffer.alloc(0), CANONICAL_ROOT),
);
