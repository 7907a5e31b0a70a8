/** A trust root of our own with the key of a store under it: what Canonical's root and store key are to real snaps. */
import { encodeStream } from '#src/assertion/encode-stream.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { createSigningKey, type SigningKey } from './key.ts';
import { signAssertion } from './sign-assertion.ts';

export interface Trust {
  readonly account: string;
  /** Signs its own account-key, the account and the store key; nothing else. */
  readonly root: SigningKey;
  /** Signs accounts, declarations and revisions. */
  readonly storeKey: SigningKey;
  /** The account-key assertion of the store key: the first in every stream. */
  readonly storeKeyAssertion: Buffer;
  /** What `--snap-trust` reads: account and root account-key. */
  readonly trustAssertions: Buffer;
}

export interface TrustOptions {
  readonly bits?: number;
  readonly now: Date;
  readonly account?: string;
  readonly since?: string;
}

export async function createTrust({ bits = 4096, now, account = 'shrinkwrap-demo', since = '2016-04-01T00:00:00Z' }: TrustOptions): Promise<Trust> {
  const [root, storeKey] = await Promise.all([createSigningKey(account, bits), createSigningKey(account, bits)]);
  const accountAssertion = signAssertion(
    { type: 'account', 'account-id': account, 'display-name': 'Shrinkwrap demo', username: account, validation: 'verified', timestamp: since },
    '',
    root,
    now,
  );
  return {
    account,
    root,
    storeKey,
    storeKeyAssertion: signAccountKey(storeKey, { name: 'store', since }, root, now),
    trustAssertions: joinStreams(accountAssertion, signAccountKey(root, { name: 'root', since }, root, now)),
  };
}

/** The account-key assertion of `key`, signed by `signer`. */
export function signAccountKey(
  key: SigningKey,
  headers: { readonly name: string; readonly since: string; readonly until?: string },
  signer: SigningKey,
  now: Date,
): Buffer {
  return signAssertion({ type: 'account-key', 'public-key-sha3-384': key.id, 'account-id': key.account, ...headers }, key.body, signer, now);
}

/** Single assertions or streams -> one stream with the empty line between them. */
export const joinStreams = (...streams: readonly Buffer[]): Buffer => encodeStream(streams.flatMap(decodeStream));
