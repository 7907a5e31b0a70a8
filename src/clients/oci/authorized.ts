/** One request to a registry with its login: sent with what worked last time, and again after a 401. */
import type { Http, HttpRequest, HttpResponse } from '../http.ts';
import { readRefusal } from './answer-error.ts';
import type { Authorization, Authorizer } from './authorization.ts';
import type { Endpoint } from './endpoint.ts';

export interface AuthorizedRequest extends HttpRequest {
  readonly endpoint: Endpoint;
  /** Of the registry, or where it sends us for an upload. */
  readonly url: string;
  readonly signal: AbortSignal;
}

/** `refused`: the token server gives nobody a token; its words, or the registry's. */
export type Authorized = (
  request: AuthorizedRequest,
) => Promise<{ readonly response: HttpResponse; readonly authorization: Authorization | undefined } | { readonly refused: string }>;

/** A token that others have used up, or that ran out while the request waited for its turn, is renewed again. */
const ROUNDS = 3;

export const createAuthorized = (http: Http, authorizer: Authorizer): Authorized => {
  const isFinal = (endpoint: Endpoint, used: Authorization | undefined): boolean => used?.own === true && authorizer.current(endpoint)?.header === used.header;
  return async ({ endpoint, url, headers = {}, ...request }) => {
    const { origin } = new URL(url);
    // Another host than the registry's gets no password, whoever names it.
    const isOwn = origin === new URL(endpoint.base).origin;
    const send = (authorization: Authorization | undefined): Promise<HttpResponse> =>
      // Nothing may inflate a body on the way: its digest is that of the bytes as stored (facts/oci.md 1.4).
      http.send(url, { ...request, headers: { ...headers, 'accept-encoding': 'identity', ...(authorization && { authorization: authorization.header }) } });
    let used = isOwn ? authorizer.current(endpoint) : undefined;
    for (let round = 1; ; round += 1) {
      const response = await send(used);
      // The challenge of a host we were redirected to is not the registry's.
      const challenged = isOwn && response.status === 401 && new URL(response.url).origin === origin;
      if (!challenged || round > ROUNDS || isFinal(endpoint, used)) return { response, authorization: used };
      const refusal = await readRefusal(response);
      const renewed = await authorizer.renew(endpoint, response.headers['www-authenticate'] ?? '', used);
      if ('refused' in renewed) return { refused: renewed.refused === '' ? refusal.detail : renewed.refused };
      used = renewed;
    }
  };
};
