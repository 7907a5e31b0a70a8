/** How many manifests a registry still hands out: Docker Hub counts them by address or account (facts/oci.md 1.8). */
import { type Digest, formatDigest } from '../../domain/digest.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { discardBody } from '../read-body.ts';
import type { Endpoint } from './endpoint.ts';
import { ACCEPT } from './media-types.ts';
import type { Session } from './session.ts';

/** Fewer than this are soon gone. */
const FEW = 10;

/** `87;w=21600` → 87; undefined where nothing is counted. */
export function remainingPulls({ headers }: Pick<HttpResponse, 'headers'>): number | undefined {
  const digits = /^\s*(\d+)\b/.exec(headers['ratelimit-remaining'] ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The warning that an answer deserves. */
export function fewPullsLeft(host: string, response: Pick<HttpResponse, 'headers'>): string | undefined {
  const remaining = remainingPulls(response);
  return remaining === undefined || remaining >= FEW
    ? undefined
    : `${host} hands out few more manifests to this address or account for now: log in, or ask a mirror`;
}

/** Asked with HEAD, which is not counted. No answer is no number: nothing depends on it. */
export async function askRemainingPulls(session: Session, endpoint: Endpoint, digest: Digest, signal: AbortSignal): Promise<number | undefined> {
  try {
    const answer = await session({
      endpoint,
      method: 'HEAD',
      kind: 'manifests',
      reference: formatDigest(digest),
      headers: { accept: ACCEPT },
      signal,
      tries: 1,
    });
    if ('absent' in answer) return undefined;
    await discardBody(answer.response.body);
    return remainingPulls(answer.response);
  } catch (error) {
    signal.throwIfAborted();
    if (!isShrinkwrapError(error)) throw error;
    return undefined;
  }
}
