/** The chain from a snap-revision up to a root: what is accepted, and every way in which it is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CANONICAL_ROOT, CANONICAL_ROOT_ID } from '#src/assertion/canonical-root.js';
import type { Chain } from '#src/assertion/check-chain.js';
import { requireChecks } from '#src/assertion/check.js';
import { joinRoots } from '#src/assertion/trust-roots.js';
import { createTrust, joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { signAssertion } from '#scripts/pki/sign-assertion.js';
import { signSnapParts } from '#scripts/pki/sign-snap.js';
import { NOW, PUBLISHER, SNAP, signedSnap, testRoots, upstreamData, withoutData } from '../../support/pki.ts';
import {
  accountBytes,
  check,
  declarationBytes,
  declarationHeaders,
  failures,
  keyBytes,
  refuses,
  revisionBytes,
  revisionHeaders,
  roots,
  sign,
  trust,
} from './chain-fixture.ts';

const SAMPLE = 'assertions/word-salad_7.assert';

describe('a chain', () => {
  it('is accepted up to the given root', async () => {
    const chain = check(await signedSnap());
    assert.deepEqual(failures(chain), []);
    assert.equal(chain.ok, true);
    assert.deepEqual(chain.revisions, [
      {
        sha3_384: SNAP.sha3_384,
        snapId: SNAP.id,
        revision: 7,
        size: SNAP.size,
        developerId: PUBLISHER.id,
        provenance: 'global-upload',
        authorityId: 'shrinkwrap-demo',
      },
    ]);
    assert.deepEqual(chain.declarations, [{ snapId: SNAP.id, snapName: 'word-salad', publisherId: PUBLISHER.id, revisionAuthorities: [] }]);
    assert.deepEqual(chain.roots, [trust.root.id]);
    requireChecks(chain.checks, 'word-salad');
  });

  it('is accepted without an account when the publisher is the root itself', () => {
    const { publisher: _, ...own } = SNAP;
    const parts = signSnapParts(own, trust, NOW);
    assert.equal(parts.length, 3);
    assert.equal(check(joinStreams(...parts)).ok, true);
  });

  it('is accepted in any order', () => assert.equal(check(joinStreams(revisionBytes, declarationBytes, accountBytes, keyBytes)).ok, true));

  it('is accepted when the developer is not the publisher, and not without the account of the developer', () => {
    const developer = sign({ type: 'account', 'account-id': 'dev-eloper', 'display-name': 'Dev', validation: 'unproven' });
    const theirs = sign({ ...revisionHeaders, 'developer-id': 'dev-eloper' });
    assert.equal(check(joinStreams(keyBytes, accountBytes, declarationBytes, developer, theirs)).ok, true);
    refuses(
      check(joinStreams(keyBytes, accountBytes, declarationBytes, theirs)),
      /prerequisites of snap-revision .*missing or not valid: account \(dev-eloper\)/,
    );
  });

  it('keeps the newer of two revisions of a declaration', () => {
    const renamed = sign({ ...declarationHeaders, revision: '1', 'snap-name': 'word-soup' });
    const names = (stream: Buffer): string[] => check(stream).declarations.map(({ snapName }) => snapName);
    assert.deepEqual(names(joinStreams(keyBytes, accountBytes, declarationBytes, renamed, revisionBytes)), ['word-soup']);
    assert.deepEqual(names(joinStreams(keyBytes, accountBytes, renamed, declarationBytes, revisionBytes)), ['word-soup']);
  });

  it('of a real snap is accepted up to the built-in root', { skip: withoutData(SAMPLE) }, () => {
    const chain = check(upstreamData(SAMPLE) ?? Buffer.alloc(0), { roots: CANONICAL_ROOT });
    assert.deepEqual(failures(chain), []);
    assert.deepEqual(chain.roots, [CANONICAL_ROOT_ID]);
    assert.equal(chain.revisions[0]?.authorityId, 'canonical');
  });

  it('of a real snap is refused by any other root alone', { skip: withoutData(SAMPLE) }, () => {
    refuses(check(upstreamData(SAMPLE) ?? Buffer.alloc(0)), /no matching public key "-CvQKAwR.*" for signature by "canonical"/);
  });

  it('of a real snap and one of our own rest on their own roots', { skip: withoutData(SAMPLE) }, async () => {
    const both = joinRoots(CANONICAL_ROOT, roots);
    assert.deepEqual(check(upstreamData(SAMPLE) ?? Buffer.alloc(0), { roots: both }).roots, [CANONICAL_ROOT_ID]);
    assert.deepEqual(check(await signedSnap(), { roots: both }).roots, [trust.root.id]);
  });
});

describe('a chain is refused', () => {
  it('by the built-in root when its own root is not trusted', async () => {
    refuses(
      check(await signedSnap(), { roots: CANONICAL_ROOT }),
      new RegExp(`signing key of account-key .*no matching public key "${trust.root.id}" for signature by "shrinkwrap-demo"`),
    );
  });

  it('by another root of the same account', async () => {
    const impostor = await createTrust({ bits: 2048, now: NOW });
    refuses(check(await signedSnap(), { roots: testRoots(impostor) }), /no matching public key/);
  });

  it('when it is empty', () => refuses(check(Buffer.alloc(0)), /snap-revision of the stream: no valid snap-revision in it/));

  it('without its store key', () =>
    refuses(check(joinStreams(accountBytes, declarationBytes, revisionBytes)), new RegExp(`no matching public key "${trust.storeKey.id}"`)));
  it('without its account', () => refuses(check(joinStreams(keyBytes, declarationBytes, revisionBytes)), /missing or not valid: account \(acme-publishing\)/));
  it('without its declaration', () =>
    refuses(check(joinStreams(keyBytes, accountBytes, revisionBytes)), /missing or not valid: snap-declaration \(UQEd.*; series:16\)/));
  it('without its revision', () => refuses(check(joinStreams(keyBytes, accountBytes, declarationBytes)), /no valid snap-revision/));

  it('when it brings the root along', async () => {
    const chain = check(joinStreams(trust.trustAssertions, await signedSnap()));
    assert.equal(chain.ok, false);
    assert.deepEqual(
      failures(chain).map((line) => line.replace(/^.*?: /, '')),
      [
        'cannot add "account" assertion with primary key clashing with a trusted assertion: shrinkwrap-demo',
        `cannot add "account-key" assertion with primary key clashing with a trusted assertion: ${trust.root.id}`,
      ],
    );
  });

  it('when a key signed itself and nobody else vouches for it', async () => {
    const own = await createSigningKey('shrinkwrap-demo', 2048);
    const ownKey = signAccountKey(own, { name: 'mine', since: '2016-04-01T00:00:00Z' }, own, NOW);
    refuses(
      check(joinStreams(ownKey, accountBytes, sign(declarationHeaders, own), sign(revisionHeaders, own))),
      new RegExp(`no matching public key "${own.id}"`),
    );
  });

  it('when two keys vouch for each other', async () => {
    const [one, two] = await Promise.all([createSigningKey('shrinkwrap-demo', 2048), createSigningKey('shrinkwrap-demo', 2048)]);
    const since = '2016-04-01T00:00:00Z';
    const stream = joinStreams(
      signAccountKey(one, { name: 'one', since }, two, NOW),
      signAccountKey(two, { name: 'two', since }, one, NOW),
      sign(revisionHeaders, one),
    );
    refuses(check(stream), /no matching public key/);
  });

  it('when the key belongs to another account than the authority', () => {
    const forged = sign({ ...revisionHeaders, 'authority-id': 'canonical' });
    refuses(
      check(joinStreams(keyBytes, accountBytes, declarationBytes, forged), { roots: joinRoots(CANONICAL_ROOT, roots) }),
      /owner of the signing key of snap-revision .*found public key ".*" from "shrinkwrap-demo" but expected it from: canonical/,
    );
  });

  it('when the publisher signs what only the store may sign', async () => {
    const own = await createSigningKey(PUBLISHER.id, 2048);
    const ownKey = signAccountKey(own, { name: 'own', since: '2016-04-01T00:00:00Z' }, trust.storeKey, NOW);
    const with_ = (...more: Buffer[]): Chain => check(joinStreams(keyBytes, accountBytes, ownKey, ...more));
    refuses(
      with_(sign(declarationHeaders, own), revisionBytes),
      /authority of snap-declaration .*is not signed by a directly trusted authority: acme-publishing/,
    );
    refuses(with_(declarationBytes, sign(revisionHeaders, own)), /is not signed by a store: acme-publishing/);
    const account = sign({ type: 'account', 'account-id': 'else', 'display-name': 'Else', validation: 'verified' }, own);
    assert.match(failures(with_(account)).join('\n'), /authority of account \(else\).*is not signed by a directly trusted authority/);
  });

  it('when the provenance is not that of the global store', () => {
    refuses(
      check(joinStreams(keyBytes, accountBytes, declarationBytes, sign({ ...revisionHeaders, provenance: 'my-factory' }))),
      /with provenance "my-factory" for snap id "UQEd.*" is not signed by an authorized authority: shrinkwrap-demo/,
    );
  });

  it('when the format is above what the far side understands', () => {
    const newer = sign({ ...declarationHeaders, format: '6' });
    const stream = joinStreams(keyBytes, accountBytes, newer, revisionBytes);
    refuses(check(stream), /format of snap-declaration .*proposed "snap-declaration" assertion has format 6 but 5 is latest supported/);
    assert.equal(check(stream, { maxFormat: { 'snap-declaration': 6 } }).ok, true);
    refuses(check(joinStreams(keyBytes, accountBytes, declarationBytes, sign({ ...revisionHeaders, format: '1' }))), /has format 1 but 0 is latest supported/);
  });

  it('when a key that may sign models only signs something else', async () => {
    const own = await createSigningKey('shrinkwrap-demo', 2048);
    const headers = {
      type: 'account-key',
      format: '1',
      'public-key-sha3-384': own.id,
      'account-id': own.account,
      since: '2016-04-01T00:00:00Z',
      constraints: [{ headers: { type: 'model' } }],
    };
    const stream = joinStreams(signAssertion(headers, own.body, trust.root, NOW), accountBytes, sign(declarationHeaders, own), keyBytes, revisionBytes);
    refuses(check(stream, { maxFormat: { 'account-key': 1 } }), /constraints of the signing key of snap-declaration/);
  });

  it('when two keys of one account have one name', async () => {
    const own = await createSigningKey('shrinkwrap-demo', 2048);
    const second = signAccountKey(own, { name: 'store', since: '2016-04-01T00:00:00Z' }, trust.root, NOW);
    const chain = check(joinStreams(keyBytes, second, accountBytes, declarationBytes, revisionBytes));
    assert.equal(chain.ok, false);
    assert.match(failures(chain).join('\n'), /name of the key of account-key .*has the same name "store" as existing ID/);
  });

  it('when something that is no part of a snap stands in it', () => {
    const store = sign({ type: 'store', store: 'my-store', 'operator-id': PUBLISHER.id });
    const chain = check(joinStreams(keyBytes, accountBytes, declarationBytes, revisionBytes, store));
    assert.equal(chain.ok, false);
    assert.match(failures(chain).join('\n'), /a store assertion has no place in the stream of a snap/);
  });
});
