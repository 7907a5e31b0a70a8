/** A request on its way through redirects: what the next hop may carry (facts/oci.md 1.4). */
import { ShrinkwrapError } from '../domain/errors.ts';
import type { HttpRequest } from './http.ts';
import { redactUrl } from './redact-url.ts';

export interface Hop {
  readonly url: URL;
  readonly method: NonNullable<HttpRequest['method']>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpRequest['body'];
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

export function firstHop(address: string, { method = 'GET', headers = {}, body }: HttpRequest, defaults: Readonly<Record<string, string>>): Hop {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'address', text: redactUrl(address), wanted: 'http://… or https://…' });
  }
  const { url, authorization } = splitUserinfo(new URL(address));
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { url, method, body, headers: { ...defaults, ...authorization, ...lower } };
}

/** The request that a redirect asks for. Credentials stay with their origin; https never becomes http unless the host was declared insecure. */
export function nextHop(hop: Hop, status: number, location: string, isInsecure: (url: URL) => boolean): Hop {
  const refuse = (what: string): never => {
    throw new ShrinkwrapError('NETWORK_DENIED', { url: redactUrl(hop.url), status, detail: `refused a redirect ${what}` });
  };
  if (!URL.canParse(location, hop.url.href)) return refuse('to something that is no address');
  const { url } = splitUserinfo(new URL(location, hop.url));
  if (!/^https?:$/.test(url.protocol)) return refuse(`to ${url.protocol}`);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:' && !isInsecure(url)) return refuse(`from https to http://${url.host}`);
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : hop.method === 'POST' && status < 303;
  const dropped = (name: string): boolean => (url.origin !== hop.url.origin && CREDENTIALS.has(name)) || (becomesGet && name.startsWith('content-'));
  const headers = Object.fromEntries(Object.entries(hop.headers).filter(([name]) => !dropped(name)));
  return { url, headers, method: becomesGet ? 'GET' : hop.method, body: becomesGet ? undefined : hop.body };
}

/** `https://user:password@host/` is a way to give a mirror's credentials; on the wire they are a header. */
function splitUserinfo(given: URL): { url: URL; authorization: Record<string, string> } {
  if (given.username === '' && given.password === '') return { url: given, authorization: {} };
  const url = new URL(given);
  url.username = '';
  url.password = '';
  return { url, authorization: { authorization: basicAuthorization(given) } };
}

export const basicAuthorization = ({ username, password }: URL): string =>
  `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;

/** A stray `%` stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
