/** An account-key assertion read as the key it carries (facts/snap-store.md 3.4). */
import type { Assertion } from './assertion.ts';
import { digestHeader, filledHeader, optionalHeader, timeHeader } from './header-values.ts';
import { type Constraint, readConstraints } from './key-constraints.ts';
import { malformed, quoted } from './malformed.ts';
import { isAccountId } from './names.ts';
import { decodePublicKey, type PublicKey } from './public-key.ts';
import { formatRef } from './reference.ts';

export interface AccountKey {
  readonly id: string;
  readonly account: string;
  /** Unique among the keys of its account. */
  readonly name?: string;
  /** Milliseconds since 1970; valid when since <= t < until. */
  readonly since: number;
  readonly until?: number;
  /** Of a key of format 1: it vouches only for what one of them matches. Empty: for everything. */
  readonly constraints: readonly Constraint[];
  readonly publicKey: PublicKey;
}

/** snapd's pattern in two steps, so that no input can make it slow. */
const isKeyName = (text: string): boolean => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text) && /[a-z]/.test(text);

export function accountKey(assertion: Assertion): AccountKey {
  const what = formatRef(assertion);
  const { headers } = assertion;
  if (assertion.type !== 'account-key') return malformed(what, 'is not an account-key');
  const id = digestHeader(headers, 'public-key-sha3-384', what);
  const account = filledHeader(headers, 'account-id', what);
  if (!isAccountId(account)) return malformed(what, `"account-id" header contains invalid characters: ${quoted(account)}`);
  const name = optionalHeader(headers, 'name', what);
  if (name !== undefined && !isKeyName(name)) return malformed(what, `"name" header contains invalid characters: ${quoted(name)}`);
  const since = timeHeader(headers, 'since', what);
  const until = Object.hasOwn(headers, 'until') ? timeHeader(headers, 'until', what) : undefined;
  if (until !== undefined && until < since) return malformed(what, "'until' time cannot be before 'since' time");
  const publicKey = decodePublicKey(assertion.body, what);
  if (publicKey.id !== id) return malformed(what, 'public key does not match provided key id');
  return {
    id,
    account,
    ...(name !== undefined && { name }),
    since,
    ...(until !== undefined && { until }),
    constraints: headers['constraints'] === undefined ? [] : readConstraints(headers['constraints'], what),
    publicKey,
  };
}

/** Whether the key is valid at `time`. */
export const isValidAt = ({ since, until }: Pick<AccountKey, 'since' | 'until'>, time: number): boolean =>
  since <= time && (until === undefined || time < until);
