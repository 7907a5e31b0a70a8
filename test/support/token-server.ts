/** A token server as distribution wants it: RS256, the key named by libtrust's fingerprint, its certificate in the registry's bundle (token/jwt spec). */
import { createHash, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface TokenServer {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM for `auth.token.rootcertbundle`. */
  readonly certificate: string;
  readonly issued: () => number;
}

/** Whoever knows `login` may do what it asks for, everybody else may pull below `public/`; identity tokens are `refresh-` and the login. */
export async function tokenServer(t: TestContext, directory: string, { login, seconds }: { login: string; seconds: number }): Promise<TokenServer> {
  const key = join(directory, 'token-key.pem');
  const certificate = join(directory, 'token-cert.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=issuer', '-days', '2'], {
    stdio: 'ignore',
  });
  const [service, issuer] = ['peer registry', 'peer issuer'];
  const keyPem = readFileSync(key, 'utf8');
  const basic = `Basic ${Buffer.from(login).toString('base64')}`;
  let issued = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const url = new URL(request.url ?? '/', 'http://x');
      const posted = request.method === 'POST';
      const known = posted ? form.get('refresh_token') === `refresh-${login}` : request.headers.authorization === basic;
      if ((posted || request.headers.authorization !== undefined) && !known) {
        response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"no such login"}]}');
        return;
      }
      issued += 1;
      const scopes = (posted ? (form.get('scope') ?? '').split(' ') : url.searchParams.getAll('scope')).filter((scope) => scope !== '');
      const access = scopes.flatMap((scope) => granted(scope, known));
      const token = jwt({ iss: issuer, sub: known ? 'operator' : '', aud: service, access, ...times(seconds), jti: String(issued) }, keyPem);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: seconds }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  return { realm: `http://127.0.0.1:${port}/token`, service, issuer, certificate, issued: () => issued };
}

function granted(scope: string, known: boolean): { type: string; name: string; actions: string[] }[] {
  const [, type = '', name = '', actions = ''] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? [];
  if (known) return [{ type, name, actions: actions.split(',') }];
  return name.startsWith('public/') ? [{ type, name, actions: ['pull'] }] : [];
}

const times = (seconds: number): Record<string, number> => {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, nbf: now - 5, exp: now + seconds };
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(claims: Record<string, unknown>, keyPem: string): string {
  const text = `${encode({ typ: 'JWT', alg: 'RS256', kid: keyId(keyPem) })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), keyPem).toString('base64url')}`;
}

/** libtrust: the first 240 bits of SHA-256 over the public key's DER, base32, in groups of four. */
export function keyId(keyPem: string): string {
  const der = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(der).digest().subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)] ?? '').join('');
  return (letters.match(/.{4}/g) ?? []).join(':');
}
