/** A registry on a real socket that answers what a test scripts, and remembers what it was asked. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Script = (asked: Asked, response: ServerResponse) => void;

export interface ScriptedRegistry {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

export async function scriptedRegistry(script: Script): Promise<ScriptedRegistry> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      script(one, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    url: `http://${host}`,
    host,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface Served {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

export function document(mediaType: string, content: unknown): Served {
  const bytes = Buffer.from(JSON.stringify(content));
  return { bytes, digest: sha256(bytes), mediaType };
}

/** The answer with a manifest, as distribution gives it. */
export function sendDocument(response: ServerResponse, { bytes, digest, mediaType }: Served, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length, 'docker-content-digest': digest, ...headers });
  response.end(bytes);
}

/** The answer with an error in the registries' form. */
export function sendError(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  const body = JSON.stringify({ errors: [{ code, message: `${code.toLowerCase()} said the registry` }] });
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
