/** Stands before a registry: asks for a login and hands out tokens that run out, or breaks what comes through. Ends with the test. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Guarded {
  readonly path: string;
  readonly range: string | undefined;
}

export interface GuardOptions {
  /** `user:password`; nobody needs one by default. */
  readonly login?: string;
  /** Requests that a token is good for. */
  readonly uses?: number;
  /** Bytes of the body after which the answer falls silent. */
  readonly stall?: (asked: Guarded) => number | undefined;
}

export interface RegistryGuard {
  readonly url: string;
  readonly host: string;
  /** What got through. */
  readonly asked: readonly Guarded[];
  readonly tokens: () => number;
}

export async function registryGuard(t: TestContext, upstream: string, { login, uses = Infinity, stall }: GuardOptions = {}): Promise<RegistryGuard> {
  const asked: Guarded[] = [];
  const left = new Map<string, number>();
  const basic = `Basic ${Buffer.from(login ?? '').toString('base64')}`;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url: path = '', headers } = request;
    if (path.startsWith('/token')) {
      if (headers.authorization !== basic) return void response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"no such user"}]}');
      const token = `token-${left.size + 1}`;
      left.set(`Bearer ${token}`, uses);
      return void response.writeHead(200).end(JSON.stringify({ token, expires_in: 3600 }));
    }
    if (login !== undefined) {
      const remaining = left.get(headers.authorization ?? '') ?? 0;
      if (remaining < 1) {
        const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1] ?? '';
        const challenge = `Bearer realm="http://${headers.host}/token",service="guard",scope="repository:${repository}:pull"`;
        return void response.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      }
      left.set(headers.authorization ?? '', remaining - 1);
    }
    const one = { path, range: headers.range };
    asked.push(one);
    const forwarded = ['accept', 'range'].flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])] as const]));
    const answer = await fetch(upstream + path, { method: request.method ?? 'GET', headers: Object.fromEntries(forwarded) });
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    const end = stall?.(one);
    if (end === undefined) response.end(body);
    else response.write(body.subarray(0, end));
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, asked, tokens: () => left.size };
}
