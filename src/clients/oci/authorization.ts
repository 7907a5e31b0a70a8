/** Answers the 401 of a registry and remembers the answer: one token a repository, asked for once however many wait for it. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Http } from '../http.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Endpoint } from './endpoint.ts';
import { basicHeader, type Credential, requestToken } from './token.ts';

/** Looked up with the host that will get it and the repository's path; for docker.io with `docker.io`. */
export type Credentials = (host: string, repository: string) => Credential | undefined | Promise<Credential | undefined>;

export interface Authorization {
  readonly header: string;
  /** Nobody logged in: a refusal then means "unknown or private". */
  readonly anonymous: boolean;
  /** Made for this very caller and not used by anybody before: when it is refused, another one will be too. */
  readonly own?: true;
}

export interface Authorizer {
  /** The header value that worked last time and has not run out. */
  current(endpoint: Endpoint): Authorization | undefined;
  /** After a 401: another authorization than the one `used`. `refused` when the token server would not give one to anybody. */
  renew(endpoint: Endpoint, challenge: string, used: Authorization | undefined): Promise<Authorization | { readonly refused: string }>;
}

export interface AuthorizerOptions {
  readonly http: Http;
  readonly credentials: Credentials;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

interface Held extends Authorization {
  readonly goodUntil: number;
}

/** So that a token does not run out under way. */
const MARGIN_SECONDS = 10;

export function createAuthorizer({ http, credentials, now, signal }: AuthorizerOptions): Authorizer {
  const held = new Map<string, Held>();
  const asking = new Map<string, Promise<Authorization | { readonly refused: string }>>();
  const keyOf = ({ base, path }: Endpoint): string => `${base} ${path}`;

  const current = (endpoint: Endpoint): Authorization | undefined => {
    const found = held.get(keyOf(endpoint));
    return found !== undefined && found.goodUntil > now() ? found : undefined;
  };

  const ask = async (endpoint: Endpoint, header: string): Promise<Authorization | { readonly refused: string }> => {
    const { bearer, basic } = usable(header);
    const credential = endpoint.login === undefined ? await credentials(endpoint.account, endpoint.path) : { kind: 'password' as const, ...endpoint.login };
    const answer =
      bearer === undefined
        ? basic
          ? basicAuthorization(endpoint, credential)
          : unknownScheme(endpoint, header)
        : await bearerAuthorization(endpoint, bearer, credential);
    if (!('refused' in answer)) held.set(keyOf(endpoint), answer);
    return answer;
  };

  const bearerAuthorization = async (
    endpoint: Endpoint,
    { parameters }: Challenge,
    credential: Credential | undefined,
  ): Promise<Held | { readonly refused: string }> => {
    if (credential?.kind === 'bearer') return { header: `Bearer ${credential.token}`, anonymous: false, goodUntil: Infinity };
    const scope = parameters.get('scope') ?? `repository:${endpoint.path}:pull`;
    const token = await requestToken(
      http,
      { realm: realmOf(endpoint, parameters.get('realm') ?? ''), service: parameters.get('service'), scope, credential },
      signal,
    );
    if ('refused' in token) return token;
    return { header: `Bearer ${token.value}`, anonymous: credential === undefined, goodUntil: now() + (token.lifeSeconds - MARGIN_SECONDS) * 1000 };
  };

  const renew = (endpoint: Endpoint, challenge: string, used: Authorization | undefined): ReturnType<typeof ask> => {
    const key = keyOf(endpoint);
    const running = asking.get(key);
    if (running !== undefined) return running;
    const found = current(endpoint);
    if (found !== undefined && found.header !== used?.header) return Promise.resolve(found);
    held.delete(key);
    const question = ask(endpoint, challenge).finally(() => asking.delete(key));
    asking.set(key, question);
    return question.then((answer) => ('refused' in answer ? answer : { ...answer, own: true }));
  };

  return { current, renew };
}

/** Bearer when it names its token server, else Basic. */
function usable(header: string): { bearer?: Challenge; basic: boolean } {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  return { ...(bearer !== undefined && { bearer }), basic: challenges.some(({ scheme }) => scheme === 'basic') };
}

function basicAuthorization(endpoint: Endpoint, credential: Credential | undefined): Held {
  if (credential?.kind !== 'password') throw denied(endpoint, 'the registry asks for a user name and a password');
  return { header: basicHeader(credential.username, credential.password), anonymous: false, goodUntil: Infinity };
}

/** The realm gets the user's password: over https, or over http where the user allowed http for this registry. */
function realmOf(endpoint: Endpoint, text: string): URL {
  if (!URL.canParse(text)) throw denied(endpoint, 'the registry names a token server whose address cannot be read');
  const realm = new URL(text);
  if (realm.protocol !== 'https:' && !(realm.protocol === 'http:' && endpoint.trusted))
    throw denied(endpoint, `the registry names a token server without TLS, ${realm.origin}`);
  realm.username = '';
  realm.password = '';
  return realm;
}

function unknownScheme(endpoint: Endpoint, header: string): never {
  const schemes = parseChallenges(header).map(({ scheme }) => scheme);
  throw denied(
    endpoint,
    schemes.length === 0 ? 'the registry does not say how to log in' : `the registry asks for ${schemes.join(', ')}, which is not supported`,
  );
}

const denied = (endpoint: Endpoint, detail: string): ShrinkwrapError =>
  new ShrinkwrapError('NETWORK_DENIED', { url: `${endpoint.base}/v2/`, status: 401, detail });
