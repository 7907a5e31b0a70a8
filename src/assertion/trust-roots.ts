/** Whom we trust without being told by somebody else: keys that signed themselves, and their accounts. */
import { type AccountKey, accountKey } from './account-key.ts';
import type { Assertion } from './assertion.ts';
import { malformed } from './malformed.ts';
import { formatRef } from './reference.ts';
import { readAccount } from './snap-assertions.ts';
import { verifySignature } from './verify-signature.ts';

export interface TrustRoots {
  readonly keys: readonly AccountKey[];
  /** Ids of the accounts whose word counts for accounts, keys, declarations and revisions. */
  readonly accounts: readonly string[];
}

export const joinRoots = (...roots: readonly TrustRoots[]): TrustRoots => ({
  keys: roots.flatMap(({ keys }) => keys),
  accounts: [...new Set(roots.flatMap(({ accounts }) => accounts))],
});

/** What `--snap-trust FILE` names: accounts and their root keys, every key signed by itself, every account by a key of its own. Nothing else. */
export function trustRoots(stream: readonly Assertion[]): TrustRoots {
  const keys = stream.filter(({ type }) => type === 'account-key').map(rootKey);
  const accounts = stream.filter(({ type }) => type !== 'account-key').map((assertion) => rootAccount(assertion, keys));
  const [first] = stream;
  if (first === undefined || keys.length === 0) return malformed('trust roots', 'no account-key that signed itself');
  const orphan = keys.find(({ account }) => !accounts.includes(account));
  if (orphan !== undefined) return malformed('trust roots', `the account of the key ${orphan.id} is missing: ${orphan.account}`);
  return { keys, accounts };
}

function rootKey(assertion: Assertion): AccountKey {
  const what = formatRef(assertion);
  const key = accountKey(assertion);
  if (assertion.signKeyId !== key.id || assertion.authorityId !== key.account) return malformed(what, 'is not a root: another key signed it');
  verifySignature(assertion, key.publicKey, what);
  return key;
}

function rootAccount(assertion: Assertion, keys: readonly AccountKey[]): string {
  const what = formatRef(assertion);
  if (assertion.type !== 'account') return malformed(what, 'does not belong among trust roots');
  const { id } = readAccount(assertion);
  const key = keys.find((candidate) => candidate.id === assertion.signKeyId && candidate.account === id);
  if (key === undefined || assertion.authorityId !== id) return malformed(what, 'is not a root: no key of its own signed it');
  verifySignature(assertion, key.publicKey, what);
  return id;
}
