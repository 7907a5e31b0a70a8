/** One question to a registry, with what its answer means. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { readRefusal, type Refusal } from './answer-error.ts';
import type { Authorization } from './authorization.ts';
import type { Authorized } from './authorized.ts';
import type { Endpoint } from './endpoint.ts';

export interface RegistryRequest {
  readonly endpoint: Endpoint;
  readonly method?: 'HEAD';
  readonly kind: 'manifests' | 'blobs';
  /** Tag or digest. */
  readonly reference: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly tries?: number;
}

/** `absent`: no such name or tag, or private and nobody logged in; the text says which, as far as the registry tells. */
export type Answer = { readonly response: HttpResponse } | { readonly absent: string };

export type Session = (request: RegistryRequest) => Promise<Answer>;

export const createSession = (authorized: Authorized): Session => {
  return async ({ endpoint, kind, reference, ...request }) => {
    const url = endpoint.url(kind, reference);
    const answer = await authorized({ ...request, endpoint, url });
    return 'refused' in answer ? { absent: isPrivate(answer.refused) } : classify(answer.response, url, answer.authorization);
  };
};

async function classify(response: HttpResponse, url: string, authorization: Authorization | undefined): Promise<Answer> {
  const { status } = response;
  // 416 is an answer to a question about ranges: the caller asks anew.
  if ((status >= 200 && status < 300) || status === 416) return { response };
  const refusal = await readRefusal(response);
  if (status === 404) return { absent: refusal.detail === '' ? 'unknown' : refusal.detail };
  const address = url.replace(/\?.*$/, '');
  if (status !== 401 && status !== 403) throw new ShrinkwrapError('NETWORK_STATUS', { url: address, status, tries: 1, detail: refusal.detail });
  if (hidden(refusal, authorization)) return { absent: isPrivate(refusal.detail) };
  throw new ShrinkwrapError('NETWORK_DENIED', { url: address, status, detail: refusal.detail });
}

/** Registries refuse the anonymous in the same words for "private" and "no such name" (facts/oci.md 1.6); a proxy's 403 is neither. */
const hidden = ({ codes }: Refusal, authorization: Authorization | undefined): boolean =>
  authorization === undefined ? codes.some((code) => code === 'DENIED' || code === 'UNAUTHORIZED' || code === 'NAME_UNKNOWN') : authorization.anonymous;

const isPrivate = (detail: string): string => `unknown or private${detail === '' ? '' : ` (${detail})`}`;
