/** A token server as registries ask for it: Basic credentials in, a JWT for the scopes that the user may have out (distribution, "Token Authentication"). */
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Certificate } from './kit-registry.ts';

export interface TokenServer {
  /** `auth.token` of docker-registry's configuration. */
  readonly auth: { readonly realm: string; readonly service: string; readonly issuer: string; readonly rootcertbundle: string };
  /** Scopes that tokens were asked for. */
  readonly scopes: string[];
}

export interface TokenUser {
  readonly name: string;
  readonly password: string;
  /** What of a scope is granted. */
  readonly actions: readonly string[];
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function tokenServer(t: TestContext, certificate: Certificate, users: readonly TokenUser[]): Promise<TokenServer> {
  const key = createPrivateKey(readFileSync(certificate.key));
  const x5c = [new X509Certificate(readFileSync(certificate.ca)).raw.toString('base64')];
  const scopes: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://token');
    const given = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    const user = users.find(({ name, password }) => given === `${name}:${password}`);
    if (user === undefined) {
      response.writeHead(401).end();
      return;
    }
    const asked = url.searchParams.getAll('scope');
    scopes.push(...asked);
    const access = asked.map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',').filter((action) => user.actions.includes(action)) };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'kit', sub: user.name, aud: url.searchParams.get('service'), exp: now + 60, nbf: now - 60, iat: now, jti: randomUUID(), access };
    const text = `${base64url({ typ: 'JWT', alg: 'ES256', x5c })}.${base64url(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ token: `${text}.${signature}`, expires_in: 60 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return { auth: { realm, service: 'kit registry', issuer: 'kit', rootcertbundle: certificate.ca }, scopes };
}
