/** Sends a request until it is answered: redirects followed, tries counted, failures given their names. Knows nothing of sockets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ShrinkwrapError, isShrinkwrapError } from '../domain/errors.ts';
import { connectionFailure } from './connection-failure.ts';
import { type Hop, firstHop, isRedirect, nextHop } from './hops.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { discardBody, readStart } from './read-body.ts';
import { redactProxy, redactUrl } from './redact-url.ts';
import { parseRetryAfter, retryDelay } from './retry-delay.ts';
import { createHostTurns, type EnterHost, type Slowed } from './host-turns.ts';

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
  /** Requests to one host at a time, at the most; fewer when it asks for less. */
  readonly perHost?: number;
  /** Told once a host, when it asked for less. */
  readonly onSlow?: (event: Slowed) => void;
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

/** Who asks for more than this is not waited for. */
const ASKED_CAP_MS = 15 * 60_000;
/** Smaller bodies have arrived by the time anybody could wait for them. */
const SMALL_BODY = 64 * 1024;
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
  const { retries = 5, clock = { now: Date.now, random: Math.random }, delays: { baseMs = 500, capMs = 60_000 } = {}, perHost = 6, onSlow } = options;
  const askedCapMs = options.delays?.capMs ?? ASKED_CAP_MS;
  const enter = createHostTurns({ limit: perHost, now: () => performance.now(), onSlow });
  const inTurn = takingTurns(connections, enter, askedCapMs, clock.now);
  return async (address: string, request: HttpRequest = {}): Promise<HttpResponse> => {
    // A signal of its own for each request: listeners never pile up on the one of the run.
    const signal = AbortSignal.any([options.signal, request.signal].filter((one) => one !== undefined));
    const tries = request.tries ?? retries;
    const first = firstHop(address, request, { 'user-agent': options.userAgent, 'accept-encoding': 'identity' });
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const { expect = isAnswer, follow = true } = request;
      const outcome = await tryOnce({ first, expect, follow, attempt, signal, askedCapMs }, options, inTurn);
      if (!('error' in outcome)) return outcome;
      if (outcome.lasting || attempt >= tries) throw outcome.error;
      const { reason, retryAfter } = outcome;
      const delayMs = retryDelay({ attempt, baseMs, capMs, askedCapMs, retryAfter, now: clock.now(), random: clock.random() });
      options.onRetry?.({ url: redactUrl(first.url), host: first.url.host, attempt, tries, delayMs, reason });
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  };
}

interface Attempt {
  readonly first: Hop;
  readonly expect: (status: number) => boolean;
  readonly follow: boolean;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly askedCapMs: number;
}

/** Each try starts at the address asked for: a signed address that was redirected to may have run out meanwhile. */
async function tryOnce(
  { first, expect, follow, attempt, signal, askedCapMs }: Attempt,
  options: SendOptions,
  connections: Connections,
): Promise<HttpResponse | Failure> {
  const progress = { hop: first };
  try {
    const response = await (follow ? followed(progress, signal, options, connections) : connections.exchange(first, signal));
    return expect(response.status) ? response : await statusFailure(response, attempt, askedCapMs);
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

async function followed(progress: { hop: Hop }, signal: AbortSignal, { onHost }: SendOptions, { exchange, isInsecure }: Connections): Promise<HttpResponse> {
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

/** A turn lasts as long as the body: it is bodies that a host has to carry. */
function takingTurns(connections: Connections, enter: EnterHost, askedCapMs: number, now: () => number): Connections {
  return {
    ...connections,
    async exchange(hop, signal) {
      const turn = await enter(hop.url.host, signal);
      try {
        const response = await connections.exchange(hop, signal);
        const { status, headers, body } = response;
        if (status === 429 || status === 503) turn.refused(status, askedWait(headers, askedCapMs, now()));
        else turn.served();
        const long =
          hop.method === 'GET' && !(Number(headers['content-length'] ?? Infinity) <= SMALL_BODY) && !body.destroyed && status !== 204 && status !== 304;
        if (long) body.once('close', () => turn.leave());
        else turn.leave();
        return response;
      } catch (error) {
        turn.leave();
        throw error;
      }
    },
  };
}

function askedWait(headers: HttpResponse['headers'], askedCapMs: number, now: number): number | undefined {
  const asked = headers['retry-after'] === undefined ? undefined : parseRetryAfter(headers['retry-after'], now);
  // Nobody waits for that one: the others fail of themselves.
  return asked === undefined || asked > ASKED_CAP_MS ? undefined : Math.min(asked, askedCapMs);
}

async function statusFailure(response: HttpResponse, tries: number, askedCapMs: number): Promise<Failure> {
  const { status, headers } = response;
  const text = await readStart(response.body, DETAIL_LIMIT);
  const asked = headers['retry-after'] === undefined ? undefined : parseRetryAfter(headers['retry-after'], Date.now());
  const tooLong = asked !== undefined && asked > askedCapMs && askedCapMs >= ASKED_CAP_MS;
  const advice = isQuota(status, headers, text) ? `; ${QUOTA_ADVICE}` : tooLong ? `; it asks to come back in ${Math.ceil((asked ?? 0) / 60_000)} minutes` : '';
  return {
    error: new ShrinkwrapError('NETWORK_STATUS', { url: redactUrl(response.url), status, tries, detail: `${text}${advice}` }),
    lasting: !isPassing(status) || advice !== '',
    reason: `status ${status}`,
    retryAfter: headers['retry-after'],
  };
}

/** Only hours help against a used-up quota, and nobody says how many (facts/oci.md 1.8). */
const isQuota = (status: number, headers: HttpResponse['headers'], text: string): boolean =>
  status === 429 && headers['retry-after'] === undefined && (/^0\b/.test(headers['ratelimit-remaining'] ?? '') || /pull rate limit/i.test(text));

const QUOTA_ADVICE = 'the quota of pulls is used up: log in (docker login), ask a mirror (--registry-mirror HOST=URL), or come back in some hours';
