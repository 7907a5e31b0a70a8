/** Sends a request until it is answered: redirects followed, tries counted, failures given their names. Knows nothing of sockets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ShrinkwrapError, isShrinkwrapError } from '../domain/errors.ts';
import { connectionFailure } from './connection-failure.ts';
import { type Hop, firstHop, isRedirect, nextHop } from './hops.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { discardBody, readStart } from './read-body.ts';
import { redactProxy, redactUrl } from './redact-url.ts';
import { retryDelay } from './retry-delay.ts';

export interface RetryEvent {
  readonly url: string;
  readonly host: string;
  /** The try that failed, from 1, of `tries`. */
  readonly attempt: number;
  readonly tries: number;
  readonly delayMs: number;
  readonly reason: string;
}

export interface SendOptions {
  readonly userAgent: string;
  /** Tries in all. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  /** First and longest wait between two tries. */
  readonly delays?: { readonly baseMs?: number; readonly capMs?: number };
  readonly onRetry?: (event: RetryEvent) => void;
  /** Told every host that is spoken to, redirects included. */
  readonly onHost?: (host: string) => void;
  readonly clock?: { now(): number; random(): number };
}

/** One request and one answer, over whatever connection it takes. */
export interface Connections {
  exchange(hop: Hop, signal: AbortSignal): Promise<HttpResponse>;
  isInsecure(url: URL): boolean;
  proxyOf(url: URL): URL | undefined;
}

const REDIRECT_LIMIT = 10;
const DETAIL_LIMIT = 300;

const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 429;
const isAnswer = (status: number): boolean => !isPassing(status);

/** Why a try gave no answer, and whether another one may. */
interface Failure {
  readonly error: ShrinkwrapError;
  readonly lasting: boolean;
  readonly reason: string;
  readonly retryAfter?: string | undefined;
}

export function createSend(options: SendOptions, connections: Connections): Http['send'] {
  const { retries = 5, clock = { now: Date.now, random: Math.random }, delays: { baseMs = 500, capMs = 60_000 } = {} } = options;
  return async (address: string, request: HttpRequest = {}): Promise<HttpResponse> => {
    // A signal of its own for each request: listeners never pile up on the one of the run.
    const signal = AbortSignal.any([options.signal, request.signal].filter((one) => one !== undefined));
    const tries = request.tries ?? retries;
    const first = firstHop(address, request, { 'user-agent': options.userAgent, 'accept-encoding': 'identity' });
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const outcome = await tryOnce({ first, expect: request.expect ?? isAnswer, attempt, signal }, options, connections);
      if (!('error' in outcome)) return outcome;
      if (outcome.lasting || attempt >= tries) throw outcome.error;
      const { reason, retryAfter } = outcome;
      const delayMs = retryDelay({ attempt, baseMs, capMs, retryAfter, now: clock.now(), random: clock.random() });
      options.onRetry?.({ url: redactUrl(first.url), host: first.url.host, attempt, tries, delayMs, reason });
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  };
}

interface Attempt {
  readonly first: Hop;
  readonly expect: (status: number) => boolean;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** Each try starts at the address asked for: a signed address that was redirected to may have run out meanwhile. */
async function tryOnce({ first, expect, attempt, signal }: Attempt, options: SendOptions, connections: Connections): Promise<HttpResponse | Failure> {
  const progress = { hop: first };
  try {
    const response = await follow(progress, signal, options, connections);
    return expect(response.status) ? response : await statusFailure(response, attempt);
  } catch (error) {
    signal.throwIfAborted();
    if (isShrinkwrapError(error)) throw error;
    const { url } = progress.hop;
    const through = connections.proxyOf(url);
    const { reason, lasting } = connectionFailure(error);
    const facts = { host: url.host, ...(through !== undefined && { proxy: redactProxy(through) }), tries: attempt, reason };
    return { error: new ShrinkwrapError('NETWORK_UNREACHABLE', facts, { cause: error }), lasting, reason };
  }
}

async function follow(progress: { hop: Hop }, signal: AbortSignal, { onHost }: SendOptions, { exchange, isInsecure }: Connections): Promise<HttpResponse> {
  for (let redirects = 0; ; redirects += 1) {
    onHost?.(progress.hop.url.host);
    const response = await exchange(progress.hop, signal);
    const location = response.headers['location'];
    if (!isRedirect(response.status) || location === undefined) return response;
    await discardBody(response.body);
    if (redirects === REDIRECT_LIMIT) {
      throw new ShrinkwrapError('NETWORK_DENIED', { url: redactUrl(response.url), status: response.status, detail: `more than ${REDIRECT_LIMIT} redirects` });
    }
    progress.hop = nextHop(progress.hop, response.status, location, isInsecure);
  }
}

async function statusFailure(response: HttpResponse, tries: number): Promise<Failure> {
  const { status } = response;
  const facts = { url: redactUrl(response.url), status, tries, detail: await readStart(response.body, DETAIL_LIMIT) };
  return {
    error: new ShrinkwrapError('NETWORK_STATUS', facts),
    lasting: !isPassing(status),
    reason: `status ${status}`,
    retryAfter: response.headers['retry-after'],
  };
}
