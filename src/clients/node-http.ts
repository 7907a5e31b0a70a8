/**
 * Requests over the HTTP of Node itself: connections kept and shared, silence counted. It is there when the process starts and parses in machine code,
 * where undici has to be loaded and compiles its parser beside the first bytes (docs/adr/0006).
 */
import { Agent, request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Agent as SecureAgent, RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Hop } from './hops.ts';
import type { HttpResponse } from './http.ts';
import { joinHeaders } from './join-headers.ts';
import type { Timeouts } from './timeouts.ts';
import type { TlsTrust } from './tls-trust.ts';

export interface Direct {
  /** `path` where it is not that of the address, for a proxy; `tls` is read for https only. */
  exchange(hop: Hop, options: { readonly path?: string; readonly tls: () => Promise<TlsTrust>; readonly signal: AbortSignal }): Promise<HttpResponse>;
  close(): void;
}

export function createDirect(timeouts: Timeouts): Direct {
  const plain = kept(new Agent({ keepAlive: true }), timeouts);
  const secure = createSecureAgents(timeouts);
  let closed = false;

  async function begin({ url, method, headers }: Hop, path: string | undefined, tls: () => Promise<TlsTrust>): Promise<ClientRequest> {
    const options = { method, headers, ...(path !== undefined && { path }) };
    if (url.protocol === 'http:') return requestPlain(url, { ...options, agent: plain });
    const https = await import('node:https');
    return https.request(url, { ...options, ...(await secure.optionsFor(await tls())) });
  }

  return {
    async exchange(hop, { path, tls, signal }) {
      for (;;) {
        signal.throwIfAborted();
        if (closed) throw new Error('the connections were closed');
        const request = await begin(hop, path, tls);
        try {
          return toResponse(hop, await send(request, hop.body, timeouts, signal));
        } catch (error) {
          // The server hung up a kept connection in the moment in which it was used again. Whether it saw the request nobody knows: only questions are repeated.
          const isQuestion = hop.method === 'GET' || hop.method === 'HEAD';
          if (!isQuestion || !request.reusedSocket || !wasHungUp(error)) throw error;
        }
      }
    },
    close() {
      closed = true;
      plain.destroy();
      secure.close();
    },
  };
}

function kept<T extends Agent>(agent: T, { keptMs }: Timeouts): T {
  // The agent closes what times out while it is free.
  agent.on('free', (socket: Socket) => socket.setTimeout(keptMs));
  return agent;
}

/** An agent and a context for each trust: connections never mix, and authorities are read once. */
function createSecureAgents(timeouts: Timeouts) {
  const made = new Map<TlsTrust, Promise<RequestOptions & { agent: SecureAgent }>>();
  const make = async ({ ca, cert, key, ...rest }: TlsTrust): Promise<RequestOptions & { agent: SecureAgent }> => {
    const [https, tls] = await Promise.all([import('node:https'), import('node:tls')]);
    const own = ca === undefined && cert === undefined ? {} : { secureContext: tls.createSecureContext({ ca, cert, key }) };
    return { ...rest, ...own, agent: kept(new https.Agent({ keepAlive: true }), timeouts) };
  };
  return {
    optionsFor(trust: TlsTrust) {
      const there = made.get(trust) ?? make(trust);
      made.set(trust, there);
      return there;
    },
    close: () => void Promise.all([...made.values()].map(async (each) => (await each).agent.destroy())).catch(() => undefined),
  };
}

const wasHungUp = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

function send(request: ClientRequest, body: Hop['body'], { connectMs, headersMs, bodyMs }: Timeouts, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let response: IncomingMessage | undefined;
    let upload: Readable | undefined;
    let readerWasSlow = false;
    const stop = (error: Error): void => void (response ?? request).destroy(error);
    const onAbort = (): void => stop(signal.reason as Error);
    const connecting = setTimeout(() => stop(tooLate(`no connection within ${connectMs / 1000} s`)), connectMs);
    /** Only a silence of the server counts; node tells of one once, until it is asked again. */
    const onSilence = (): void => {
      if (response === undefined) {
        if (upload !== undefined && !request.writableEnded && request.writableLength === 0) request.socket?.setTimeout(headersMs);
        else stop(tooLate(`no answer within ${headersMs / 1000} s`));
      } else if (!response.complete && !waits(response) && !readerWasSlow) stop(tooLate(`silence for ${bodyMs / 1000} s`));
      else if (response.readableEnded) request.destroy();
      else {
        // Once it reads again the server has all its time to speak.
        readerWasSlow = waits(response);
        request.socket?.setTimeout(bodyMs);
      }
    };
    request.once('socket', (socket) => {
      whenConnected(socket, () => clearTimeout(connecting));
      socket.setTimeout(headersMs);
      socket.on('timeout', onSilence);
    });
    request.once('close', () => {
      clearTimeout(connecting);
      signal.removeEventListener('abort', onAbort);
      request.socket?.off('timeout', onSilence);
      // A connection that becomes something else (101) ends without an answer and without an error.
      reject(Object.assign(new Error('closed without an answer'), { code: 'ECONNABORTED' }));
    });
    // It stays: a connection may fail once more after it was given up.
    request.on('error', reject);
    request.once('response', (answer: IncomingMessage) => {
      response = answer;
      answer.socket.setTimeout(bodyMs);
      // A refusal does not wait for the end of what is sent, and is the last word on this connection.
      if ((answer.statusCode ?? 0) >= 300 && !request.writableFinished) {
        upload?.unpipe(request).destroy();
        answer.once('close', () => request.destroy());
      }
      // A body that breaks or is destroyed before anybody reads it raises "error": without a listener that ends the process.
      answer.on('error', () => undefined);
      resolve(answer);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else upload = sendBody(request, body);
  });
}

/** The stream that is being sent, if it is one. */
function sendBody(request: ClientRequest, body: Hop['body']): Readable | undefined {
  if (typeof body !== 'function') {
    request.end(body);
    return undefined;
  }
  const stream = body();
  stream.once('error', (error) => request.destroy(error));
  request.once('close', () => stream.destroy());
  stream.pipe(request);
  return stream;
}

function whenConnected(socket: Socket, then: () => void): void {
  const secure = 'encrypted' in socket ? (socket as TLSSocket & { readonly secureConnecting?: boolean }) : undefined;
  if (secure?.secureConnecting === true) socket.once('secureConnect', then);
  else if (socket.connecting) socket.once('connect', then);
  else then();
}

/** Something lies here that nobody has taken: it is not the server that is silent. */
const waits = (body: Readable): boolean => body.readableLength > 0;

const tooLate = (message: string): Error => Object.assign(new Error(message), { code: 'ETIMEDOUT' });

function toResponse({ url, method }: Hop, answer: IncomingMessage): HttpResponse {
  const status = answer.statusCode ?? 0;
  return { status, headers: joinHeaders(answer.headers), url: url.href, body: hasBody(method, status) ? answer : emptied(answer) };
}

const hasBody = (method: string, status: number): boolean => method !== 'HEAD' && status !== 204 && status !== 304;

/** The connection is free again without anybody reading what is not there. */
function emptied(answer: IncomingMessage): Readable {
  answer.resume();
  return Readable.from([]);
}
