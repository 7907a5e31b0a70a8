/** A real server that answers from a table {when, then}; a request that no row matches fails the test that started it (facts/style.md 2.2). */
import assert from 'node:assert/strict';
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface SeenRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The connection breaks after so many bytes of the body, although Content-Length promises all. */
  readonly cutAfter?: number;
  /** The body stops after so many bytes and the connection stays open. */
  readonly stallAfter?: number;
  /** Nothing is ever answered. */
  readonly silent?: true;
  /** The connection is closed before any answer. */
  readonly hangUp?: true;
  /** The state of the server from now on. */
  readonly state?: string;
}

export interface Rule {
  readonly when: {
    readonly method?: string;
    readonly path: string | RegExp;
    readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
    readonly body?: (body: Buffer) => boolean;
    readonly state?: string;
  };
  readonly then: Answer | ((request: SeenRequest) => Answer);
  /** The row counts only so often: `times: 1` is "once". */
  readonly times?: number;
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: SeenRequest[];
}

/** Starts the server; it ends with the test. */
export async function scriptedServer(t: TestContext, rules: readonly Rule[], tls?: { key: string; cert: string }): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const unmatched: string[] = [];
  const left = rules.map(({ times }) => times ?? Infinity);
  let state = '';
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await seen(message);
    requests.push(request);
    const index = rules.findIndex((rule, at) => (left[at] ?? 0) > 0 && matches(rule, request, state));
    const rule = rules[index];
    if (rule === undefined) {
      unmatched.push(`${request.method} ${request.path}`);
      response.writeHead(404).end();
      return;
    }
    left[index] = (left[index] ?? 0) - 1;
    const then = typeof rule.then === 'function' ? rule.then(request) : rule.then;
    state = then.state ?? state;
    perform(then, response);
  };
  // A client that goes away is part of many scripts.
  const listener: RequestListener = (message, response) => void answer(message, response).catch(() => response.destroy());
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual(unmatched, [], 'requests that no row matches');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, port, requests };
}

async function seen(message: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return { method: message.method ?? '', path: message.url ?? '', headers: message.headers, body: Buffer.concat(chunks) };
}

function matches({ when }: Rule, request: SeenRequest, state: string): boolean {
  const fits = (wanted: string | RegExp | undefined, found: string | undefined): boolean =>
    wanted instanceof RegExp ? found !== undefined && wanted.test(found) : wanted === found;
  return (
    (when.method ?? request.method) === request.method &&
    fits(when.path, request.path) &&
    (when.state ?? state) === state &&
    Object.entries(when.headers ?? {}).every(([name, wanted]) => fits(wanted, request.headers[name]?.toString())) &&
    (when.body?.(request.body) ?? true)
  );
}

function perform({ status = 200, headers = {}, body = '', cutAfter, stallAfter, silent, hangUp }: Answer, response: ServerResponse): void {
  if (silent === true) return;
  if (hangUp === true) {
    response.socket?.destroy();
    return;
  }
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-length': String(bytes.length), ...headers });
  if (cutAfter !== undefined) response.write(bytes.subarray(0, cutAfter), () => response.socket?.destroy());
  else if (stallAfter !== undefined) response.write(bytes.subarray(0, stallAfter));
  else response.end(bytes);
}
