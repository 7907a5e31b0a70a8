/** What the tests of the chain share: a signed snap in its four parts, ways to sign others, and to tell why a chain is refused. */
import assert from 'node:assert/strict';
import type { HeaderMap } from '#src/assertion/assertion.js';
import { type Chain, type ChainOptions, checkChain } from '#src/assertion/check-chain.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { hexToDigest } from '#src/assertion/names.js';
import type { SigningKey } from '#scripts/pki/key.js';
import { signAssertion } from '#scripts/pki/sign-assertion.js';
import { signSnapParts } from '#scripts/pki/sign-snap.js';
import { NOW, PUBLISHER, SNAP, testRoots, testTrust } from '../../support/pki.ts';

export const trust = await testTrust();
export const roots = testRoots(trust);
export const [keyBytes, accountBytes, declarationBytes, revisionBytes] = signSnapParts(SNAP, trust, NOW) as [Buffer, Buffer, Buffer, Buffer];

export const check = (stream: Buffer, options: Partial<ChainOptions> = {}): Chain => checkChain(decodeStream(stream), { roots, now: NOW, ...options });

/** `what: detail` of everything that failed. */
export const failures = (chain: Chain): string[] => chain.checks.filter(({ ok }) => !ok).map(({ what, of, detail }) => `${what} of ${of}: ${detail}`);

export const refuses = (chain: Chain, ...patterns: readonly RegExp[]): void => {
  assert.equal(chain.ok, false);
  assert.deepEqual(chain.revisions, []);
  const found = failures(chain).join('\n');
  for (const pattern of patterns) assert.match(found, pattern);
};

export const timestamp = '2026-01-02T03:04:05.678901Z';
export const sign = (headers: HeaderMap, key: SigningKey = trust.storeKey): Buffer => signAssertion({ timestamp, ...headers }, '', key, NOW);
export const declarationHeaders: HeaderMap = {
  type: 'snap-declaration',
  series: '16',
  'snap-id': SNAP.id,
  'snap-name': SNAP.name,
  'publisher-id': PUBLISHER.id,
};
export const revisionHeaders: HeaderMap = {
  type: 'snap-revision',
  'snap-sha3-384': hexToDigest(SNAP.sha3_384),
  'developer-id': PUBLISHER.id,
  'snap-id': SNAP.id,
  'snap-revision': String(SNAP.revision),
  'snap-size': String(SNAP.size),
};
