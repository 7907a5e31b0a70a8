/** One request to a registry with its login: sent with what worked last time, and again after a 401. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Http, HttpResponse } from '../http.ts';
import { readRefusal, type Refusal } from './answer-error.ts';
import type { Authorization, Authorizer } from './authorization.ts';
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

/** A token that others have used up, or that ran out while the request waited for its turn, is renewed again. */
const ROUNDS = 3;

export const createSession = (http: Http, authorizer: Authorizer): Session => {
  const isFinal = (endpoint: Endpoint, used: Authorization | undefined): boolean => used?.own === true && authorizer.current(endpoint)?.header === used.header;
  return async (request) => {
    const { endpoint, kind, reference } = request;
    const url = endpoint.url(kind, reference);
    const send = (authorization: Authorization | undefined): Promise<HttpResponse> =>
      // Nothing may inflate a body on the way: its digest is that of the bytes as stored (facts/oci.md 1.4).
      http.send(url, {
        headers: { ...request.headers, 'accept-encoding': 'identity', ...(authorization && { authorization: authorization.header }) },
        signal: request.signal,
        ...(request.method !== undefined && { method: request.method }),
        ...(request.tries !== undefined && { tries: request.tries }),
      });
    let used = authorizer.current(endpoint);
    for (let round = 1; ; round += 1) {
      const response = await send(used);
      // The challenge of a host we were redirected to is not the registry's: it gets no password.
      const challenged = response.status === 401 && new URL(response.url).origin === new URL(url).origin;
      if (!challenged || round > ROUNDS || isFinal(endpoint, used)) return classify(response, url, used);
      const refusal = await readRefusal(response);
      const renewed = await authorizer.renew(endpoint, response.headers['www-authenticate'] ?? '', used);
      if ('refused' in renewed) return { absent: isPrivate(renewed.refused === '' ? refusal.detail : renewed.refused) };
      used = renewed;
    }
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
