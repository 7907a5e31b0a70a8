/** Thousands of small damages to a signed stream: none is accepted, none takes long. FUZZ=100000 tries more, FUZZ_SEED repeats a run. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import { checkChain } from '#src/assertion/check-chain.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import type { TrustRoots } from '#src/assertion/trust-roots.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { NOW, signedSnap, testRoots, testTrust, upstreamData, withoutData } from '../../support/pki.ts';

const SAMPLE = 'assertions/word-salad_7.assert';
const COUNT = Number(process.env['FUZZ'] ?? 2000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const SLOW_MS = 1000;

type Random = (below: number) => number;

/** mulberry32: small, seeded, good enough to choose places. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const splice = (bytes: Buffer, at: number, count: number, more: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + count)]);

/** Splits into lines with their ends. */
const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').match(/[^\n]*\n?/g) ?? [];

const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => splice(bytes, random(bytes.length), 1, Buffer.from([random(256)])),
  (bytes, random) => {
    const at = random(bytes.length);
    return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << random(8))]));
  },
  (bytes, random) => splice(bytes, random(bytes.length), 1 + random(40), Buffer.alloc(0)),
  (bytes, random) => splice(bytes, random(bytes.length), 0, Buffer.from([random(256)])),
  (bytes, random) => splice(bytes, random(bytes.length), 0, Buffer.from(['\n', '\n\n', ' ', '  -', ':', '='][random(6)] ?? '')),
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
  (bytes, random) => {
    const from = random(bytes.length);
    return splice(bytes, random(bytes.length), 0, bytes.subarray(from, from + 1 + random(200)));
  },
  (bytes, random) => {
    const lines = linesOf(bytes);
    const [a, b] = [random(lines.length), random(lines.length)];
    return Buffer.from(lines.map((line, at) => (at === a ? lines[b] : at === b ? lines[a] : line)).join(''), 'latin1');
  },
  (bytes, random) => {
    const lines = linesOf(bytes);
    lines.splice(random(lines.length), 1);
    return Buffer.from(lines.join(''), 'latin1');
  },
  (bytes, random) =>
    Buffer.from(
      bytes.toString('latin1').replace(/\d+(?=\n)/g, (number) => (random(8) === 0 ? String(Number(number) + random(3) - 1) : number)),
      'latin1',
    ),
];

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
