/** Bearer tokens, so that a client's way through 401 can be walked (facts/oci.md 2.1). Anonymous and short-lived. */
import { randomBytes } from 'node:crypto';
import { type Answer, type Asked, json } from '../exchange.ts';
import { ociError } from './errors.ts';

export interface TokenService {
  /** A 401 with the challenge, or `undefined` when the request may pass. */
  refuse(asked: Asked, scope: string | undefined): Answer | undefined;
  /** The realm: GET /token?service=…&scope=… */
  answerToken(asked: Asked): Answer;
}

/** The least that clients must believe (facts/oci.md 2.1: values under 60 are ignored). */
const DEFAULT_SECONDS = 60;

export function createTokenService({ now, seconds = DEFAULT_SECONDS }: { now: () => Date; seconds?: number }): TokenService {
  const tokens = new Map<string, { readonly scopes: ReadonlySet<string>; readonly expires: number }>();
  const host = (asked: Asked): string => asked.base.replace(/^https?:\/\//, '');
  return {
    refuse(asked, scope) {
      const [, token = ''] = /^Bearer (.+)$/i.exec(asked.headers.authorization ?? '') ?? [];
      const known = tokens.get(token);
      if (known !== undefined && known.expires > now().getTime() && (scope === undefined || covers(known.scopes, scope))) return undefined;
      const challenge = [`realm="${asked.base}/token"`, `service="${host(asked)}"`, ...(scope === undefined ? [] : [`scope="${scope}"`])].join(',');
      return ociError('UNAUTHORIZED', 'authentication required', [null], { 'www-authenticate': `Bearer ${challenge}` });
    },
    answerToken(asked) {
      if (asked.query.get('service') !== host(asked)) return json(400, { errors: [{ code: 'UNKNOWN', message: 'service must be the one of the challenge' }] });
      const token = randomBytes(24).toString('base64url');
      tokens.set(token, { scopes: new Set(asked.query.getAll('scope').flatMap((text) => text.split(' '))), expires: now().getTime() + seconds * 1000 });
      return json(200, { token, access_token: token, expires_in: seconds, issued_at: now().toISOString() });
    },
  };
}

/** `repository:NAME:pull,push` is covered by scopes that together allow each action. */
function covers(granted: ReadonlySet<string>, wanted: string): boolean {
  const { name, actions } = splitScope(wanted);
  const allowed = [...granted].map(splitScope).filter((scope) => scope.name === name);
  return actions.every((action) => allowed.some((scope) => scope.actions.includes(action)));
}

/** The name may hold colons: the last one counts. */
function splitScope(scope: string): { name: string; actions: string[] } {
  const colon = scope.lastIndexOf(':');
  return { name: scope.slice(0, colon), actions: scope.slice(colon + 1).split(',') };
}
