/** Fetches the assertion stream of a snap: what `snap download` writes, in its order (facts/snap-store.md 1.5, 3.6). */
import { type Assertion, type AssertionRef, MAX_FORMAT, type MaxFormat } from '../../assertion/assertion.ts';
import { decodeStream } from '../../assertion/decode-stream.ts';
import { encodeStream } from '../../assertion/encode-stream.ts';
import { hexToDigest, isAccountId, isAssertionDigest, isProvenance, isSnapId } from '../../assertion/names.ts';
import { formatRef, prerequisites, refPath, SERIES, signingKeyRef, snapRevisionRef } from '../../assertion/reference.ts';
import type { TrustRoots } from '../../assertion/trust-roots.ts';
import type { Arch } from '../../domain/arch.ts';
import { digest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { sendForBytes } from '../read-body.ts';
import { answerFailure, describeErrors } from './answer-failure.ts';
import { authorization, type StoreSession, ubuntuHeaders } from './session.ts';

/** Headers, body and signature at snapd's limits. */
const ANSWER_LIMIT = (128 + 2048 + 128) * 1024;
/** A snap needs four; a store that invents ever new signing keys must not keep us busy. */
const STREAM_LIMIT = 32;

/** The snap whose signatures are wanted. */
export interface SnapIdentity {
  readonly name: string;
  /** Lower-case hexadecimal of the file. */
  readonly sha3_384: string;
  readonly arch?: Arch;
  /** When it is not the global store's. */
  readonly provenance?: string;
}

export interface AssertionRequest {
  readonly signal?: AbortSignal;
  readonly maxFormat?: MaxFormat;
}

export type FetchAssertions = (snap: SnapIdentity, request: AssertionRequest) => Promise<Buffer>;

/** Within one run the same assertion is fetched once, whoever asks first. */
export function createAssertionFetcher(session: StoreSession, roots: TrustRoots): FetchAssertions {
  const cache = new Map<string, Promise<Assertion>>();
  const trusted = new Set([...roots.accounts.map((id) => `account/${id}`), ...roots.keys.map(({ id }) => `account-key/${id}`)]);

  function get(ref: AssertionRef, format: number, snap: SnapIdentity): Promise<Assertion> {
    const key = `${refPath(ref)}?${format}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const fetched = fetchAssertion(session, ref, format, snap);
    cache.set(key, fetched);
    // A failure is not remembered: the next snap may be luckier.
    fetched.catch(() => cache.delete(key));
    return fetched;
  }

  return async (snap, { signal, maxFormat = MAX_FORMAT }) => {
    const stream: Assertion[] = [];
    const seen = new Set(trusted);
    /** What it needs, then who signed it, then itself: this is the order in the file. */
    const collect = async (ref: AssertionRef): Promise<void> => {
      if (seen.has(refPath(ref))) return;
      seen.add(refPath(ref));
      if (seen.size > trusted.size + STREAM_LIMIT) throw broken(snap, ref, `at most ${STREAM_LIMIT} assertions`, 'more');
      signal?.throwIfAborted();
      const assertion = await get(ref, maxFormat[ref.type] ?? 0, snap);
      for (const needed of [...prerequisites(assertion), signingKeyRef(assertion)]) await collect(needed);
      stream.push(assertion);
    };
    await collect(snapRevisionRef(hexToDigest(digest('sha3-384', snap.sha3_384).hex), snap.provenance));
    return encodeStream(stream);
  };
}

async function fetchAssertion(session: StoreSession, ref: AssertionRef, format: number, snap: SnapIdentity): Promise<Assertion> {
  if (!isSafe(ref)) throw broken(snap, ref, 'a name that may stand in an address', 'another');
  const url = session.addresses.endpoint(`v2/assertions/${refPath(ref)}?max-format=${format}`);
  const headers = { accept: 'application/x.ubuntu.assertion', ...ubuntuHeaders(snap.arch, session), ...authorization(session) };
  const { response, bytes } = await sendForBytes(session.http, url, { headers, ...(session.signal !== undefined && { signal: session.signal }) }, ANSWER_LIMIT);
  if (response.status === 404) throw broken(snap, ref, 'an assertion at the store', describeErrors(bytes) || 'not found');
  if (response.status !== 200) throw answerFailure(response, bytes);
  const [assertion, ...others] = decodeStream(bytes);
  if (assertion === undefined || others.length > 0) throw broken(snap, ref, 'one assertion', assertion === undefined ? 'nothing' : 'a stream');
  if (refPath(assertion) !== refPath(ref)) throw broken(snap, ref, formatRef(ref), formatRef(assertion));
  return assertion;
}

/** The keys come out of answers: nothing that could leave the path of the store's assertions. */
function isSafe({ type, key }: AssertionRef): boolean {
  const [first = '', second = ''] = key;
  switch (type) {
    case 'account':
      return key.length === 1 && isAccountId(first);
    case 'account-key':
      return key.length === 1 && isAssertionDigest(first);
    case 'snap-revision':
      return isAssertionDigest(first) && (key.length === 1 || (key.length === 2 && isProvenance(second)));
    case 'snap-declaration':
      return key.length === 2 && first === SERIES && isSnapId(second);
    default:
      return false;
  }
}

const broken = ({ name }: SnapIdentity, ref: AssertionRef, wanted: string, found: string): ShrinkwrapError =>
  new ShrinkwrapError('INTEGRITY_MISMATCH', { what: `signatures of snap ${name}`, field: formatRef(ref), wanted, found });
