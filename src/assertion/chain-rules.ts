/** The questions snapd asks before it accepts an assertion, in its order and words (facts/snap-store.md 3.8). Called by check-chain.ts. */
import { accountKey, type AccountKey, isValidAt } from './account-key.ts';
import { type Assertion, type AssertionType, DEFAULT_PROVENANCE, type MaxFormat } from './assertion.ts';
import { attempt, fail, pass, type Verdict } from './check.ts';
import { textHeader, timeHeader } from './header-values.ts';
import { formatRef } from './reference.ts';
import { authorizes } from './revision-authority.ts';
import { readAccount, readSnapDeclaration, readSnapRevision, type SnapDeclaration, type SnapRevision } from './snap-assertions.ts';
import type { TrustRoots } from './trust-roots.ts';
import { verifySignature } from './verify-signature.ts';

export interface RuleContext {
  readonly assertion: Assertion;
  /** The key that it names as its signer. */
  readonly key: AccountKey;
  readonly roots: TrustRoots;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly maxFormat: MaxFormat;
  /** The accepted declaration of a snap. */
  readonly declarationOf: (snapId: string) => SnapDeclaration | undefined;
  /** Names of the keys accepted so far, as `account/name`, with their ids. */
  readonly keyNames: ReadonlyMap<string, string>;
}

export interface Rule {
  readonly what: string;
  readonly judge: (context: RuleContext) => Verdict;
}

const READERS: Record<AssertionType, ((assertion: Assertion) => unknown) | undefined> = {
  account: readAccount,
  'account-key': accountKey,
  'snap-declaration': readSnapDeclaration,
  'snap-revision': readSnapRevision,
  // Known names, but nothing that we write or rely on: refused rather than half checked.
  store: undefined,
  'snap-resource-revision': undefined,
  'snap-resource-pair': undefined,
};

export const RULES: readonly Rule[] = [
  { what: 'format', judge: judgeFormat },
  { what: 'no clash with a root', judge: judgeClash },
  { what: 'owner of the signing key', judge: judgeOwner },
  { what: 'validity of the signing key', judge: judgeValidity },
  { what: 'constraints of the signing key', judge: judgeConstraints },
  { what: 'signature', judge: judgeSignature },
  { what: 'content', judge: judgeContent },
  { what: 'timestamp', judge: judgeTimestamp },
  { what: 'authority', judge: judgeAuthority },
  { what: 'name of the key', judge: judgeKeyName },
];

function judgeFormat({ assertion, maxFormat }: RuleContext): Verdict {
  const latest = maxFormat[assertion.type] ?? 0;
  const { type, format } = assertion;
  return format <= latest ? pass(`format ${format}`) : fail(`proposed "${type}" assertion has format ${format} but ${latest} is latest supported`);
}

function judgeClash({ assertion, roots }: RuleContext): Verdict {
  const [id = ''] = assertion.key;
  const clashes = assertion.type === 'account-key' ? roots.keys.some((root) => root.id === id) : assertion.type === 'account' && roots.accounts.includes(id);
  return clashes ? fail(`cannot add "${assertion.type}" assertion with primary key clashing with a trusted assertion: ${id}`) : pass('none');
}

function judgeOwner({ assertion, key }: RuleContext): Verdict {
  if (key.account === assertion.authorityId) return pass(`${key.account}/${key.name ?? key.id}`);
  return fail(
    `error finding matching public key for signature: found public key "${key.id}" from "${key.account}" but expected it from: ${assertion.authorityId}`,
  );
}

function judgeValidity({ key, now }: RuleContext): Verdict {
  if (isValidAt(key, now)) return pass(validity(key));
  return fail(`assertion is signed with expired public key "${key.id}" from "${key.account}" (${validity(key)})`);
}

function judgeConstraints({ assertion, key }: RuleContext): Verdict {
  if (key.constraints.length === 0) return pass('none');
  if (key.constraints.some((matches) => matches(assertion.headers))) return pass('matched');
  return fail(`assertion does not match signing constraints for public key "${key.id}" from "${key.account}"`);
}

function judgeSignature({ assertion, key }: RuleContext): Verdict {
  return attempt(() => {
    verifySignature(assertion, key.publicKey, formatRef(assertion));
    return pass(`by ${key.id}`);
  });
}

function judgeContent({ assertion }: RuleContext): Verdict {
  return attempt(() => {
    READERS[assertion.type]?.(assertion);
    return pass('well-formed');
  });
}

function judgeTimestamp({ assertion, key }: RuleContext): Verdict {
  if (!Object.hasOwn(assertion.headers, 'timestamp')) return pass('none');
  return attempt(() => {
    const time = timeHeader(assertion.headers, 'timestamp', formatRef(assertion));
    const text = textHeader(assertion.headers, 'timestamp', formatRef(assertion));
    return isValidAt(key, time) ? pass(text) : fail(`${assertion.type} assertion timestamp "${text}" outside of signing key validity (${validity(key)})`);
  });
}

function judgeAuthority({ assertion, roots, declarationOf }: RuleContext): Verdict {
  const { type, authorityId } = assertion;
  if (READERS[type] === undefined) return fail(`a ${type} assertion has no place in the stream of a snap`);
  if (type === 'snap-revision') {
    const revision = readSnapRevision(assertion);
    if (revision.provenance !== DEFAULT_PROVENANCE) return judgeDelegation(revision, declarationOf(revision.snapId));
  }
  if (roots.accounts.includes(authorityId)) return pass(authorityId);
  return fail(`${formatRef(assertion)} is not signed by ${type === 'snap-revision' ? 'a store' : 'a directly trusted authority'}: ${authorityId}`);
}

/** Even the store's own word does not count for another provenance unless the declaration says so. */
function judgeDelegation(revision: SnapRevision, declaration: SnapDeclaration | undefined): Verdict {
  const { provenance, snapId, authorityId } = revision;
  if (declaration?.revisionAuthorities.some((authority) => authorizes(authority, revision)) === true)
    return pass(`${authorityId} for provenance ${provenance}`);
  return fail(`snap-revision assertion with provenance "${provenance}" for snap id "${snapId}" is not signed by an authorized authority: ${authorityId}`);
}

function judgeKeyName({ assertion, keyNames }: RuleContext): Verdict {
  if (assertion.type !== 'account-key') return pass('none');
  const { id, account, name } = accountKey(assertion);
  const other = name === undefined ? undefined : keyNames.get(`${account}/${name}`);
  if (other === undefined || other === id) return pass(name ?? 'none');
  return fail(`account-key assertion for "${account}" with ID "${id}" has the same name "${name ?? ''}" as existing ID "${other}"`);
}

function validity({ since, until }: Pick<AccountKey, 'since' | 'until'>): string {
  return `key valid since "${new Date(since).toISOString()}"${until === undefined ? '' : ` until "${new Date(until).toISOString()}"`}`;
}
