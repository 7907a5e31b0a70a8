/** pack: what the plan says of a snap against its assertions, before any archive is written. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import type { ChainOptions } from '#src/assertion/check-chain.js';
import type { SnapArtifact } from '#src/domain/artifact.js';
import { digest } from '#src/domain/digest.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { verifySnaps } from '#src/pipeline/verify-snaps.js';
import { NOW, PUBLISHER, SNAP, signedSnap } from '../../support/pki.ts';
import { roots, trust } from '../assertion/chain-fixture.ts';

const ASSERT = 'snaps/word-salad_7_amd64.assert';
const planned: SnapArtifact = {
  kind: 'snap',
  path: 'snaps/word-salad_7_amd64.snap',
  name: SNAP.name,
  version: '1',
  revision: SNAP.revision,
  channel: 'latest/stable',
  arch: 'amd64',
  id: SNAP.id,
  base: 'core22',
  type: 'app',
  confinement: 'strict',
  publisherId: PUBLISHER.id,
  order: 1,
  assertPath: ASSERT,
  size: SNAP.size,
  digests: [digest('sha3-384', SNAP.sha3_384)],
  source: 'https://api.snapcraft.io/x',
  reasons: [],
};
const options: ChainOptions = { roots, now: NOW };

const verify = (snap: SnapArtifact, stream: Buffer, given = options): Map<string, string> => verifySnaps([snap], new Map([[ASSERT, stream]]), given);

function refuses(ran: () => unknown, question: string, found: RegExp): void {
  assert.throws(ran, (error) => {
    assert.ok(isShrinkwrapError(error) && error.code === 'INTEGRITY_SNAP', String(error));
    const { snap, question: asked, found: told } = error.facts as { snap: string; question: string; found: string };
    assert.deepEqual([snap, asked], ['word-salad r7 amd64', question]);
    assert.match(told, found);
    return true;
  });
}

describe('a planned snap', () => {
  it('is told with the account that signed it', async () => {
    assert.deepEqual([...verify(planned, await signedSnap())], [[ASSERT, trust.account]]);
  });

  it('is refused under a root that nobody trusts, naming the snap', async () => {
    const stream = await signedSnap();
    refuses(() => verify(planned, stream, { ...options, roots: CANONICAL_ROOT }), 'signing key', /no matching public key/);
  });

  it('is refused without assertions', () => {
    refuses(() => verify(planned, Buffer.alloc(0)), 'snap-revision', /no valid snap-revision/);
    refuses(() => verifySnaps([planned], new Map(), options), 'snap-revision', /no valid snap-revision/);
  });

  const cases: [string, Partial<SnapArtifact>, string, RegExp][] = [
    ['size', { size: 21 }, 'size', /does not have expected size/],
    ['id', { id: 'A'.repeat(32) }, 'id and revision', /does not have expected ID or revision/],
    ['publisher', { publisherId: 'somebody' }, 'publisher', /is published by acme-publishing according to assertions, not by somebody/],
    ['provenance', { provenance: 'my-factory' }, 'provenance', /signed under provenance "global-upload"/],
    ['digest', { digests: [digest('sha3-384', '0'.repeat(96))] }, 'snap-revision', /cannot find signatures with metadata/],
  ];
  for (const [what, changes, question, found] of cases)
    it(`is refused with another ${what} than the assertions say`, async () => {
      const stream = await signedSnap();
      refuses(() => verify({ ...planned, ...changes }, stream), question, found);
    });

  it('is refused when its declaration was revoked or renamed', async () => {
    const [revoked, renamed] = [await signedSnap({ name: '' }), await signedSnap({ name: 'word-soup' })];
    refuses(() => verify(planned, revoked), 'name', /revoked snap declaration/);
    refuses(() => verify(planned, renamed), 'name', /undergoing a rename to "word-soup"/);
  });
});
