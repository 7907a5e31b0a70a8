/** Asks a token server for a bearer token: the GET form, and the POST form for an identity token (facts/oci.md 2.1). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Http, HttpResponse } from '../http.ts';
import { readBytes } from '../read-body.ts';
import { readRefusal } from './answer-error.ts';

/** What a user holds for a registry; the values never appear in an error. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, exchanged at the token server. */
  | { readonly kind: 'identity'; readonly token: string }
  /** A bearer token made elsewhere, sent as it is. */
  | { readonly kind: 'bearer'; readonly token: string };

export interface TokenWanted {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scope: string;
  readonly credential: Credential | undefined;
}

export interface Token {
  readonly value: string;
  readonly lifeSeconds: number;
}

const LIMIT_BYTES = 1024 * 1024;
/** What the protocol promises at least; smaller numbers are mistakes of the server. */
const LEAST_LIFE_SECONDS = 60;
const CLIENT = 'shrinkwrap';

export const basicHeader = (username: string, password: string): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** A refused anonymous request is an answer, `{ refused }`; a refused login is the user's to mend: NETWORK_DENIED. */
export async function requestToken(http: Http, wanted: TokenWanted, signal: AbortSignal): Promise<Token | { readonly refused: string }> {
  const { realm, credential } = wanted;
  let response = await (credential?.kind === 'identity' ? postForm(http, wanted, credential.token, signal) : getForm(http, wanted, signal));
  if (credential?.kind === 'identity' && (response.status === 404 || response.status === 405)) {
    // A server from before the POST form takes the identity token as a password.
    await readRefusal(response);
    response = await getForm(http, { ...wanted, credential: { kind: 'password', username: '<token>', password: credential.token } }, signal);
  }
  if (response.status === 200) return decodeToken(await readBytes(response, LIMIT_BYTES), address(realm));
  const { detail } = await readRefusal(response);
  // OAuth2 answers 400 (invalid_grant) to a refresh token that is no good.
  const refused = response.status === 401 || response.status === 403 || (response.status === 400 && credential?.kind === 'identity');
  if (!refused) throw new ShrinkwrapError('NETWORK_STATUS', { url: address(realm), status: response.status, tries: 1, detail });
  if (credential === undefined) return { refused: detail };
  throw new ShrinkwrapError('NETWORK_DENIED', { url: address(realm), status: response.status, detail: detail === '' ? 'the login was refused' : detail });
}

function getForm(http: Http, { realm, service, scope, credential }: TokenWanted, signal: AbortSignal): Promise<HttpResponse> {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append('service', service);
  // A challenge may name several, as for a mount; each is a parameter of its own.
  for (const one of scope.split(' ')) url.searchParams.append('scope', one);
  url.searchParams.append('client_id', CLIENT);
  const headers = credential?.kind === 'password' ? { authorization: basicHeader(credential.username, credential.password) } : {};
  return http.send(url.href, { headers: { accept: 'application/json', ...headers }, signal });
}

function postForm(http: Http, { realm, service, scope }: TokenWanted, refreshToken: string, signal: AbortSignal): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    ...(service !== undefined && { service }),
    client_id: CLIENT,
    scope,
    refresh_token: refreshToken,
  });
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  return http.send(realm.href, { method: 'POST', headers, body: form.toString(), signal });
}

/** `token` and `access_token` are one thing under two names. */
export function decodeToken(bytes: Buffer, url: string): Token {
  const fail = (path: string, wanted: string): never => {
    // The answer itself may hold a secret: only its shape is told.
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url, path, wanted, found: 'something else' });
  };
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('', 'JSON');
  }
  if (typeof document !== 'object' || document === null) return fail('', 'an object');
  const fields = new Map<string, unknown>(Object.entries(document));
  const value = [fields.get('token'), fields.get('access_token')].find((text) => typeof text === 'string' && text !== '');
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return fail('token', 'a token');
  const life = fields.get('expires_in');
  return { value, lifeSeconds: typeof life === 'number' && life > LEAST_LIFE_SECONDS ? life : LEAST_LIFE_SECONDS };
}

/** Without the query, which is long and says nothing. */
const address = (url: URL): string => `${url.origin}${url.pathname}`;
