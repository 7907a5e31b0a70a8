/** The .assert stream of a snap in the order of `snap download`: account-key, account, snap-declaration, snap-revision (facts/snap-store.md 3.6). */
import type { HeaderMap } from '#src/assertion/assertion.js';
import { hexToDigest } from '#src/assertion/names.js';
import { joinStreams, type Trust } from './create-trust.ts';
import { signAssertion } from './sign-assertion.ts';

export interface Publisher {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  /** unproven, starred or verified. */
  readonly validation: string;
}

export interface SnapToSign {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly size: number;
  /** Lower-case hexadecimal of the file's SHA3-384. */
  readonly sha3_384: string;
  /** Default: the account of the trust, whose assertion no stream holds. */
  readonly publisher?: Publisher;
  /** RFC 3339; default: the time of signing. */
  readonly timestamp?: string;
  /** More headers of the snap-declaration: plugs, aliases … */
  readonly declaration?: HeaderMap;
}

export const signSnap = (snap: SnapToSign, trust: Trust, now: Date): Buffer => joinStreams(...signSnapParts(snap, trust, now));

/** The same, one buffer an assertion: what a store answers to one GET each. */
export function signSnapParts(snap: SnapToSign, trust: Trust, now: Date): Buffer[] {
  const { publisher, timestamp = now.toISOString() } = snap;
  const publisherId = publisher?.id ?? trust.account;
  const sign = (headers: HeaderMap): Buffer => signAssertion({ timestamp, ...headers }, '', trust.storeKey, now);
  // Like Canonical's own account, a built-in one is never written.
  const isBuiltIn = publisher === undefined || publisherId === trust.account || publisherId === 'canonical';
  return [
    trust.storeKeyAssertion,
    ...(isBuiltIn ? [] : [sign(accountHeaders(publisher))]),
    sign({ type: 'snap-declaration', series: '16', 'snap-id': snap.id, 'snap-name': snap.name, 'publisher-id': publisherId, ...snap.declaration }),
    sign({
      type: 'snap-revision',
      'snap-sha3-384': hexToDigest(snap.sha3_384),
      'developer-id': publisherId,
      'snap-id': snap.id,
      'snap-revision': String(snap.revision),
      'snap-size': String(snap.size),
    }),
  ];
}

const accountHeaders = ({ id, username, displayName, validation }: Publisher): HeaderMap => ({
  type: 'account',
  'account-id': id,
  'display-name': displayName,
  username,
  validation,
});
