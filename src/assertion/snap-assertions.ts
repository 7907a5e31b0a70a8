/** Accounts, snap-declarations and snap-revisions read as the facts they state, with the shape checks of snapd (facts/snap-store.md 3.5, 3.8). */
import { type Assertion, DEFAULT_PROVENANCE } from './assertion.ts';
import { digestHeader, filledHeader, integerHeader, optionalHeader, textHeader, timeHeader } from './header-values.ts';
import { malformed, quoted } from './malformed.ts';
import { digestToHex, isAccountId, isProvenance, isSnapId, isSnapName } from './names.ts';
import { formatRef, SERIES } from './reference.ts';
import { readRevisionAuthorities, type RevisionAuthority } from './revision-authority.ts';

export interface Account {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly validation: string;
}

export interface SnapDeclaration {
  readonly snapId: string;
  /** Empty: the snap has been revoked. */
  readonly snapName: string;
  readonly publisherId: string;
  /** Who may sign its revisions of another provenance than the global store's. */
  readonly revisionAuthorities: readonly RevisionAuthority[];
}

export interface SnapRevision {
  /** Lower-case hexadecimal, the form of the store's JSON. */
  readonly sha3_384: string;
  readonly snapId: string;
  readonly revision: number;
  readonly size: number;
  readonly developerId: string;
  readonly provenance: string;
  /** The account that signed it. */
  readonly authorityId: string;
}

export function readAccount(assertion: Assertion): Account {
  const { headers } = assertion;
  const what = formatRef(assertion);
  timeHeader(headers, 'timestamp', what);
  return {
    id: accountId(assertion, 'account-id'),
    username: optionalHeader(headers, 'username', what) ?? '',
    displayName: filledHeader(headers, 'display-name', what),
    validation: filledHeader(headers, 'validation', what),
  };
}

export function readSnapDeclaration(assertion: Assertion): SnapDeclaration {
  const { headers } = assertion;
  const what = formatRef(assertion);
  const series = textHeader(headers, 'series', what);
  if (series !== SERIES) return malformed(what, `"series" header is not ${SERIES}: ${quoted(series)}`);
  const snapName = textHeader(headers, 'snap-name', what);
  if (snapName !== '' && !isSnapName(snapName)) return malformed(what, `"snap-name" header is not a snap name: ${quoted(snapName)}`);
  timeHeader(headers, 'timestamp', what);
  return {
    snapId: snapId(assertion),
    snapName,
    publisherId: accountId(assertion, 'publisher-id'),
    revisionAuthorities: readRevisionAuthorities(headers, what),
  };
}

export function readSnapRevision(assertion: Assertion): SnapRevision {
  const { headers } = assertion;
  const what = formatRef(assertion);
  const revision = integerHeader(headers, 'snap-revision', what);
  if (revision < 1) return malformed(what, `"snap-revision" header must be >=1: ${revision}`);
  const provenance = optionalHeader(headers, 'provenance', what) ?? DEFAULT_PROVENANCE;
  if (!isProvenance(provenance)) return malformed(what, `"provenance" header contains invalid characters: ${quoted(provenance)}`);
  timeHeader(headers, 'timestamp', what);
  return {
    sha3_384: digestToHex(digestHeader(headers, 'snap-sha3-384', what)),
    snapId: snapId(assertion),
    revision,
    size: integerHeader(headers, 'snap-size', what),
    developerId: accountId(assertion, 'developer-id'),
    provenance,
    authorityId: assertion.authorityId,
  };
}

function snapId(assertion: Assertion): string {
  const what = formatRef(assertion);
  const id = filledHeader(assertion.headers, 'snap-id', what);
  return isSnapId(id) ? id : malformed(what, `"snap-id" header contains invalid characters: ${quoted(id)}`);
}

function accountId(assertion: Assertion, name: string): string {
  const what = formatRef(assertion);
  const id = filledHeader(assertion.headers, name, what);
  return isAccountId(id) ? id : malformed(what, `"${name}" header contains invalid characters: ${quoted(id)}`);
}
