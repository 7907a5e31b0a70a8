/** Gets one blob into a repository: it is there, or it is mounted from beside it, or its bytes are sent as a whole (facts/oci.md 1.5). */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDigest, type Digest } from '../../domain/digest.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { discardBody } from '../read-body.ts';
import { redactUrl } from '../redact-url.ts';
import { retryDelay } from '../retry-delay.ts';
import type { Authorized } from './authorized.ts';
import type { Endpoint } from './endpoint.ts';
import { pushFailure, refusedLogin } from './push-failure.ts';
import { uploadBody } from './upload-body.ts';
import { uploadLocation, withDigest } from './upload-location.ts';

export interface PushContext {
  readonly authorized: Authorized;
  /** Tries in all for one blob. */
  readonly tries: number;
  readonly delays: { readonly baseMs: number; readonly capMs: number };
  /** Without a byte taken the upload counts as broken. */
  readonly stallMs: number;
  readonly onRetry: (event: { readonly attempt: number; readonly tries: number; readonly reason: string }) => void;
}

export interface BlobToPush {
  readonly digest: Digest;
  readonly size: number;
  /** PATH of a repository of the same registry that has it. */
  readonly from?: string;
  /** The bytes from the first one on, for each try. What it throws is passed on. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

export type BlobOutcome = 'present' | 'mounted' | 'uploaded';

/** Throws what the source threw; NETWORK_DENIED, NETWORK_STATUS, NETWORK_UNREACHABLE when the tries are used up; INTEGRITY_MISMATCH for a wrong answer. */
export async function pushBlob(context: PushContext, endpoint: Endpoint, blob: BlobToPush, signal: AbortSignal): Promise<BlobOutcome> {
  const { tries, delays, onRetry } = context;
  if (await hasBlob(context, endpoint, blob.digest, signal)) return 'present';
  for (let attempt = 1; ; attempt += 1) {
    const location = await startUpload(context, endpoint, blob, signal);
    if (location === 'mounted') return 'mounted';
    const failure = await putBlob(context, { endpoint, blob, location, attempt, signal });
    if (failure === undefined) return 'uploaded';
    if (attempt >= tries) throw failure.error;
    onRetry({ attempt: attempt + 1, tries, reason: failure.reason });
    const delayMs = retryDelay({ ...delays, attempt, retryAfter: failure.retryAfter, now: Date.now(), random: Math.random() });
    await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    // The bytes may have got through although the answer did not.
    if (await hasBlob(context, endpoint, blob.digest, signal)) return 'uploaded';
  }
}

/** A redirect leads to the storage that has it, which may refuse a HEAD. */
async function hasBlob({ authorized }: PushContext, endpoint: Endpoint, digest: Digest, signal: AbortSignal): Promise<boolean> {
  const url = endpoint.url('blobs', formatDigest(digest));
  const answer = await authorized({ endpoint, url, method: 'HEAD', follow: false, signal });
  if ('refused' in answer) return false;
  const { response } = answer;
  if (response.status >= 200 && response.status < 400) {
    await discardBody(response.body);
    return true;
  }
  const { error, status } = await pushFailure(response, 1);
  // Who may not look may still be allowed to write, and is told when not.
  if (status === 404 || error.code === 'NETWORK_DENIED') return false;
  throw error;
}

/** The address for the bytes; a registry that does not mount opens an ordinary upload, or says no and is asked for one. */
async function startUpload(context: PushContext, endpoint: Endpoint, { digest, from }: BlobToPush, signal: AbortSignal): Promise<string> {
  const plain = endpoint.url('blobs', 'uploads/');
  const mount = from === undefined ? undefined : `${plain}?mount=${formatDigest(digest)}&from=${encodeURIComponent(from)}`;
  const mounted = mount === undefined ? undefined : await postUpload(context, endpoint, mount, signal);
  if (mounted?.status === 201) {
    await discardBody(mounted.body);
    compareDigest(mounted, digest);
    return 'mounted';
  }
  if (mounted !== undefined && mounted.status !== 202) await discardBody(mounted.body);
  const opened = mounted?.status === 202 ? mounted : await postUpload(context, endpoint, plain, signal);
  if (opened.status !== 202) throw (await pushFailure(opened, 1)).error;
  await discardBody(opened.body);
  return uploadLocation(opened.headers['location'], opened.url, endpoint);
}

async function postUpload({ authorized }: PushContext, endpoint: Endpoint, url: string, signal: AbortSignal): Promise<HttpResponse> {
  const answer = await authorized({ endpoint, url, method: 'POST', headers: { 'content-length': '0' }, body: '', signal });
  if ('refused' in answer) throw refusedLogin(url, answer.refused);
  return answer.response;
}

interface Put {
  readonly endpoint: Endpoint;
  readonly blob: BlobToPush;
  readonly location: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

interface Retriable {
  readonly error: ShrinkwrapError;
  readonly reason: string;
  readonly retryAfter?: string | undefined;
}

/** What another try may mend comes back, everything else is thrown. An upload that broke is never gone on with: a new one starts. */
async function putBlob({ authorized, stallMs }: PushContext, { endpoint, blob, location, attempt, signal }: Put): Promise<Retriable | undefined> {
  const { digest, size, open } = blob;
  const url = withDigest(location, formatDigest(digest));
  const { host } = new URL(url);
  const reason = `took no bytes for ${stallMs / 1000} s`;
  const body = uploadBody(open, { stallMs, onStall: () => new ShrinkwrapError('NETWORK_UNREACHABLE', { host, tries: attempt, reason }) });
  try {
    const answer = await authorized({
      endpoint,
      url,
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: size === 0 ? '' : body.start,
      signal: AbortSignal.any([signal, body.signal]),
      tries: 1,
      expect: () => true,
    });
    if ('refused' in answer) throw refusedLogin(url, answer.refused);
    return await judgePut(answer.response, digest, attempt);
  } catch (error) {
    signal.throwIfAborted();
    const own = body.failure();
    if (own !== undefined) throw own;
    if (!isShrinkwrapError(error) || error.code !== 'NETWORK_UNREACHABLE' || !('reason' in error.facts)) throw error;
    return { error, reason: error.facts.reason };
  } finally {
    body.close();
  }
}

const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 429;
/** The upload is gone, or holds other bytes than ours: a new one may do. */
const LOST: readonly string[] = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID', 'RANGE_INVALID'];

async function judgePut(response: HttpResponse, digest: Digest, attempt: number): Promise<Retriable | undefined> {
  if (response.status >= 200 && response.status < 300) {
    await discardBody(response.body);
    compareDigest(response, digest);
    return undefined;
  }
  const { error, status, codes } = await pushFailure(response, attempt);
  if (!isPassing(status) && !codes.some((code) => LOST.includes(code))) throw error;
  return { error, reason: [`status ${status}`, ...codes].join(' '), retryAfter: response.headers['retry-after'] };
}

/** The header is only SHOULD; where it stands it has to be true. */
function compareDigest({ headers, url }: HttpResponse, digest: Digest): void {
  const found = headers['docker-content-digest'];
  const wanted = formatDigest(digest);
  if (found?.startsWith('sha256:') === true && found !== wanted)
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what: `blob at ${redactUrl(url)}`, field: 'Docker-Content-Digest', wanted, found });
}
