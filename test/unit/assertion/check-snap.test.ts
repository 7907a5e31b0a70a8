/** A snap file against the facts that were signed, and trust roots as `--snap-trust` brings them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import { type Chain, checkChain } from '#src/assertion/check-chain.js';
import { checkSnap, type SnapExpectation, type SnapFile } from '#src/assertion/check-snap.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { trustRoots } from '#src/assertion/trust-roots.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { signAssertion } from '#scripts/pki/sign-assertion.js';
import { NOW, SNAP, signedSnap, testRoots, testTrust, upstreamData, withoutData } from '../../support/pki.ts';

const trust = await testTrust();
const chainOf = (stream: Buffer): Chain => checkChain(decodeStream(stream), { roots: testRoots(trust), now: NOW });
const chain = chainOf(await signedSnap());
const file: SnapFile = { sha3_384: SNAP.sha3_384, size: SNAP.size };
const wanted: SnapExpectation = { name: 'word-salad', id: SNAP.id, revision: 7, publisherId: 'acme-publishing' };

const failures = (given: Chain, found: SnapFile, expected: SnapExpectation): string[] =>
  checkSnap(found, given, expected).flatMap(({ ok, detail }) => (ok ? [] : [detail]));

describe('a snap file', () => {
  it('is accepted when everything is as signed', () => {
    assert.deepEqual(failures(chain, file, wanted), []);
    assert.equal(checkSnap(file, chain, wanted).length, 6);
  });

  it('is accepted when only the name is known', () => assert.deepEqual(failures(chain, file, { name: 'word-salad' }), []));

  const otherHex = `00${SNAP.sha3_384.slice(2)}`;
  const refused: Record<string, [SnapFile, SnapExpectation, RegExp]> = {
    'of another digest': [{ ...file, sha3_384: otherHex }, wanted, /^cannot find signatures with metadata for snap "word-salad": A/],
    'one byte longer': [{ ...file, size: file.size + 1 }, wanted, /does not have expected size according to signatures .*: 21 != 20$/],
    'of another revision': [file, { ...wanted, revision: 8 }, /does not have expected ID or revision according to assertions .*: 8 \/ UQEd.* != 7 \/ UQEd/],
    'of another id': [file, { ...wanted, id: 'A'.repeat(32) }, /does not have expected ID or revision/],
    'of another name': [file, { ...wanted, name: 'k8s' }, /^cannot install "k8s", snap "k8s" is undergoing a rename to "word-salad"$/],
    'of another provenance': [
      file,
      { ...wanted, provenance: 'my-factory' },
      /signed under provenance "global-upload" different from the metadata one: "my-factory"$/,
    ],
    'of another publisher': [file, { ...wanted, publisherId: 'canonical' }, /is published by acme-publishing according to assertions, not by canonical$/],
  };
  for (const [name, [found, expected, problem]] of Object.entries(refused)) {
    it(`is refused when it is ${name}`, () => {
      const [first, ...others] = failures(chain, found, expected);
      assert.match(first ?? '', problem);
      assert.deepEqual(others, []);
    });
  }

  it('is refused when its declaration has been revoked', async () => {
    const revoked = chainOf(await signedSnap({ name: '' }));
    assert.equal(revoked.ok, true);
    assert.deepEqual(failures(revoked, file, wanted), ['cannot install snap "word-salad" with a revoked snap declaration']);
  });

  it('is refused when nothing of the chain was accepted', async () => {
    const untrusted = checkChain(decodeStream(await signedSnap()), { roots: CANONICAL_ROOT, now: NOW });
    assert.match(failures(untrusted, file, wanted)[0] ?? '', /^cannot find signatures/);
  });
});

describe('trust roots', () => {
  const refuses = (stream: Buffer, problem: RegExp): void => {
    assert.throws(
      () => trustRoots(decodeStream(stream)),
      (error) => isShrinkwrapError(error) && error.code === 'INTEGRITY_MISMATCH' && problem.test((error.facts as { found: string }).found),
    );
  };
  const [account, rootKey] = decodeStream(trust.trustAssertions);

  it('are the account and the key that signed themselves', () => {
    const { keys, accounts } = testRoots(trust);
    assert.deepEqual(
      keys.map(({ id, name }) => [id, name]),
      [[trust.root.id, 'root']],
    );
    assert.deepEqual(accounts, ['shrinkwrap-demo']);
    assert.deepEqual([account?.type, rootKey?.type], ['account', 'account-key']);
  });

  it('are read from what Canonical publishes', { skip: withoutData('snap-trust/canonical-root.assert') }, () => {
    const { keys, accounts } = trustRoots(decodeStream(upstreamData('snap-trust/canonical-root.assert') ?? Buffer.alloc(0)));
    assert.deepEqual(accounts, CANONICAL_ROOT.accounts);
    assert.deepEqual(
      keys.map(({ id }) => id),
      CANONICAL_ROOT.keys.map(({ id }) => id),
    );
  });

  it('cannot be empty, or an account alone, or a key alone', () => {
    refuses(Buffer.alloc(0), /no account-key that signed itself/);
    refuses(
      signAccountKey(trust.root, { name: 'root', since: '2016-04-01T00:00:00Z' }, trust.root, NOW),
      /the account of the key .* is missing: shrinkwrap-demo/,
    );
  });

  it('cannot hold a key that another key signed', () =>
    refuses(joinStreams(trust.trustAssertions, trust.storeKeyAssertion), /is not a root: another key signed it/));

  it('cannot hold an account that a foreign key signed', async () => {
    const stranger = await createSigningKey('stranger', 2048);
    const foreign = signAssertion(
      { type: 'account', 'account-id': 'canonical', 'display-name': 'C', validation: 'verified', timestamp: NOW.toISOString() },
      '',
      stranger,
      NOW,
    );
    refuses(joinStreams(trust.trustAssertions, foreign), /no key of its own signed it/);
  });

  it('cannot hold anything else', async () => refuses(joinStreams(trust.trustAssertions, await signedSnap()), /another key signed it|does not belong/));

  it('cannot be tampered with', () => {
    refuses(Buffer.from(trust.trustAssertions.toString().replace('Shrinkwrap demo', 'Shrinkwrap Demo')), /hash tag doesn't match/);
    refuses(Buffer.from(trust.trustAssertions.toString().replace('name: root', 'name: toor')), /hash tag doesn't match/);
  });
});
