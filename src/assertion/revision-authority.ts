/** Who beside the store may sign revisions of a snap: the `revision-authority` of its declaration, judged as snapd does. Pure. */
import type { HeaderMap, HeaderValue } from './assertion.ts';
import { filledHeader, integerHeader } from './header-values.ts';
import { malformed, quoted } from './malformed.ts';
import { isAccountId, isProvenance } from './names.ts';

export interface RevisionAuthority {
  readonly account: string;
  readonly provenance: readonly string[];
  readonly minRevision: number;
  readonly maxRevision?: number;
}

export interface DelegatedRevision {
  readonly authorityId: string;
  readonly provenance: string;
  readonly revision: number;
}

/** What narrows it to devices is for the device to judge: neither snapd nor we know a model here. */
export function readRevisionAuthorities(headers: HeaderMap, what: string): RevisionAuthority[] {
  if (!Object.hasOwn(headers, 'revision-authority')) return [];
  const list = headers['revision-authority'];
  if (!Array.isArray(list) || list.length === 0) return malformed(what, 'revision-authority stanza must be a list of maps');
  return list.map((item: HeaderValue) => {
    if (typeof item === 'string' || Array.isArray(item)) return malformed(what, 'revision-authority stanza must be a list of maps');
    return readOne(item as HeaderMap, what);
  });
}

function readOne(map: HeaderMap, what: string): RevisionAuthority {
  const account = filledHeader(map, 'account-id', what);
  if (!isAccountId(account)) return malformed(what, `"account-id" in revision authority contains invalid characters: ${quoted(account)}`);
  const minRevision = revisionOf(map, 'min-revision', what) ?? 1;
  const maxRevision = revisionOf(map, 'max-revision', what);
  if (maxRevision !== undefined && maxRevision < minRevision)
    return malformed(what, 'optional max-revision cannot be less than min-revision in revision-authority');
  return { account, provenance: provenanceOf(map, what), minRevision, ...(maxRevision !== undefined && { maxRevision }) };
}

function revisionOf(map: HeaderMap, name: string, what: string): number | undefined {
  if (!Object.hasOwn(map, name)) return undefined;
  const revision = integerHeader(map, name, what);
  return revision >= 1 ? revision : malformed(what, `"${name}" in revision authority must be >=1: ${revision}`);
}

function provenanceOf(map: HeaderMap, what: string): string[] {
  const list = map['provenance'];
  if (!Array.isArray(list) || list.length === 0) return malformed(what, 'provenance in revision authority cannot be empty');
  return list.map((item: HeaderValue) =>
    typeof item === 'string' && isProvenance(item) ? item : malformed(what, 'provenance in revision authority contains an invalid element'),
  );
}

export const authorizes = (
  { account, provenance, minRevision, maxRevision = Number.MAX_SAFE_INTEGER }: RevisionAuthority,
  revision: DelegatedRevision,
): boolean =>
  provenance.includes(revision.provenance) && account === revision.authorityId && revision.revision >= minRevision && revision.revision <= maxRevision;
