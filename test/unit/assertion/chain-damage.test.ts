/** Time and tampering: what breaks a chain that was once good. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeaderMap } from '#src/assertion/assertion.js';
import { requireChecks } from '#src/assertion/check.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { encodeStream } from '#src/assertion/encode-stream.js';
import { hexToDigest } from '#src/assertion/names.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { signSnapParts } from '#scripts/pki/sign-snap.js';
import { NOW, SNAP, signedSnap } from '../../support/pki.ts';
import {
  accountBytes,
  check,
  declarationBytes,
  declarationHeaders,
  keyBytes,
  refuses,
  revisionBytes,
  revisionHeaders,
  sign,
  timestamp,
  trust,
} from './chain-fixture.ts';

describe('time in a chain', () => {
  const streamOf = (key: { since: string; until?: string }, signedAt = timestamp): Buffer => {
    const storeKey = signAccountKey(trust.storeKey, { name: 'store', ...key }, trust.root, NOW);
    const parts = signSnapParts({ ...SNAP, timestamp: signedAt }, { ...trust, storeKeyAssertion: storeKey }, NOW);
    return joinStreams(...parts);
  };

  it('is refused after the key has run out, and at that very moment', () => {
    const stream = streamOf({ since: '2016-04-01T00:00:00Z', until: '2026-11-21T10:00:00Z' });
    assert.equal(check(stream, { now: new Date(NOW.getTime() - 1) }).ok, true);
    refuses(
      check(stream),
      /validity of the signing key of account .*assertion is signed with expired public key ".*" from "shrinkwrap-demo" \(key valid since "2016-04-01T00:00:00.000Z" until "2026-11-21/,
    );
  });

  it('is refused before the key begins', () => {
    const stream = streamOf({ since: '2026-11-21T10:00:00.5Z' }, '2026-11-21T10:00:00.5Z');
    refuses(check(stream), /assertion is signed with expired public key/);
    assert.equal(check(stream, { now: new Date(NOW.getTime() + 500) }).ok, true);
  });

  it('is refused with a timestamp outside the life of the key, to the microsecond', () => {
    assert.equal(check(streamOf({ since: '2026-01-02T03:04:05.678901Z' })).ok, true);
    refuses(
      check(streamOf({ since: '2026-01-02T03:04:05.678902Z' })),
      /timestamp of account .*assertion timestamp "2026-01-02T03:04:05.678901Z" outside of signing key validity/,
    );
    refuses(
      check(streamOf({ since: '2016-04-01T00:00:00Z', until: '2026-01-01T00:00:00+02:00' }), { now: new Date('2025-06-01') }),
      /outside of signing key validity/,
    );
  });

  it('before the root began is refused', async () => {
    refuses(check(await signedSnap(), { now: new Date('2016-03-31') }), /assertion is signed with expired public key/);
  });
});

describe('a tampered chain', () => {
  const replaceIn = (index: number, from: string | RegExp, to: string): Buffer => {
    const assertions = decodeStream(joinStreams(keyBytes, accountBytes, declarationBytes, revisionBytes));
    return encodeStream(
      assertions.map((assertion, at) => {
        const text = assertion.content.toString();
        const content = at === index ? text.replace(from, to) : text;
        assert.equal(content !== text, at === index);
        return { ...assertion, content: Buffer.from(content) };
      }),
    );
  };

  it('is refused for a change to any header', () => {
    let tried = 0;
    decodeStream(joinStreams(keyBytes, accountBytes, declarationBytes, revisionBytes)).forEach(({ headers }, index) => {
      for (const [name, value] of Object.entries(headers)) {
        assert.ok(typeof value === 'string');
        // A change that keeps the form: the last letter or digit becomes another one.
        const last = value.at(-1) ?? '';
        const other = /[0-9]/.test(last) ? String((Number(last) + 1) % 10) : last === 'a' ? 'b' : 'a';
        const stream = replaceIn(index, `${name}: ${value}`, `${name}: ${value.slice(0, -1)}${other}`);
        if (name === 'type' || name === 'body-length') {
          assert.throws(() => decodeStream(stream), isShrinkwrapError);
        } else {
          refuses(check(stream));
        }
        tried += 1;
      }
    });
    assert.equal(tried, 8 + 8 + 8 + 9);
  });

  it('is refused when two headers change places', () => {
    refuses(
      check(replaceIn(3, /(snap-revision: 7\n)(snap-size: \d+\n)/, '$2$1')),
      /signature of snap-revision .*openpgp: invalid signature: hash tag doesn't match/,
    );
  });

  it('is refused with a header more or less', () => {
    refuses(check(replaceIn(3, /timestamp/, 'extra: x\ntimestamp')), /hash tag doesn't match/);
    refuses(check(replaceIn(2, /snap-name: word-salad\n/, '')), /hash tag doesn't match/);
    refuses(check(replaceIn(3, /developer-id: .*\n/, '')), /prerequisites of snap-revision .*"developer-id" header is mandatory/);
  });

  it('is refused with the signature of another assertion', () => {
    const assertions = decodeStream(joinStreams(keyBytes, accountBytes, declarationBytes, revisionBytes));
    const [, , declaration] = assertions;
    const swapped = assertions.map((assertion, index) =>
      index === 3 && declaration !== undefined ? { ...assertion, signature: declaration.signature } : assertion,
    );
    refuses(check(encodeStream(swapped)), /hash tag doesn't match/);
  });

  it('is refused when signed well but said badly', () => {
    const cases: [HeaderMap, RegExp][] = [
      [{ ...revisionHeaders, 'snap-revision': '0' }, /"snap-revision" header must be >=1: 0/],
      [{ ...revisionHeaders, 'snap-size': 'many' }, /"snap-size" header is not an integer/],
      [{ ...revisionHeaders, timestamp: 'yesterday' }, /"timestamp" header is not a RFC3339 date/],
      [{ ...revisionHeaders, 'snap-sha3-384': 'short' }, /"snap-sha3-384" header cannot be decoded/],
    ];
    for (const [headers, problem] of cases) refuses(check(joinStreams(keyBytes, accountBytes, declarationBytes, sign(headers))), problem);
    refuses(
      check(joinStreams(keyBytes, accountBytes, sign({ ...declarationHeaders, 'snap-name': '../evil' }), revisionBytes)),
      /"snap-name" header is not a snap name/,
    );
  });

  it('ends with the first failure as an integrity error', () => {
    assert.throws(
      () => requireChecks(check(replaceIn(3, 'snap-revision: 7', 'snap-revision: 8')).checks, 'word-salad r7 amd64'),
      (error) => {
        assert.ok(isShrinkwrapError(error) && error.code === 'INTEGRITY_SNAP');
        assert.deepEqual(error.facts, {
          snap: 'word-salad r7 amd64',
          question: 'signature',
          of: `snap-revision (${hexToDigest(SNAP.sha3_384)})`,
          found: "openpgp: invalid signature: hash tag doesn't match",
        });
        return true;
      },
    );
  });
});
