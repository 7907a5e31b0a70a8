/** One file into the store: resumed where it broke, fetched once more when it came out wrong. Called by the fetchers. */
import { rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { discardBody } from '../clients/read-body.ts';
import { redactUrl } from '../clients/redact-url.ts';
import { retryDelay } from '../clients/retry-delay.ts';
import { connectionFailure } from '../clients/connection-failure.ts';
import type { HttpResponse } from '../clients/http.ts';
import { ShrinkwrapError, isShrinkwrapError } from '../domain/errors.ts';
import { isShort, keyOf } from '../store/checker.ts';
import type { Expectation, Store } from '../store/store.ts';

/** Opens the file from `offset` on; an answer that ignores the offset is understood. */
export type OpenAt = (offset: number, signal: AbortSignal) => Promise<HttpResponse>;

export interface DownloadRetry {
  readonly attempt: number;
  readonly tries: number;
  readonly reason: string;
}

export interface DownloadOptions {
  readonly open: OpenAt;
  readonly expect: Expectation;
  readonly store: Store;
  /** Tries without progress. */
  readonly tries: number;
  readonly signal: AbortSignal;
  /** Bytes that are there so far. */
  readonly onBytes?: (total: number) => void;
  readonly onRetry?: (event: DownloadRetry) => void;
  readonly delays?: { readonly baseMs: number; readonly capMs: number };
}

/** A try that moved the end of the file by so much does not count as failed: long files come over bad lines too. */
const PROGRESS = 1024 * 1024;

/** Path of the verified file in the store. */
export async function download(options: DownloadOptions): Promise<string> {
  const { expect, store, tries, signal, onRetry, delays = { baseMs: 500, capMs: 30_000 } } = options;
  const key = keyOf(expect);
  const known = await store.find(key, expect.size);
  if (known !== undefined) return known;
  if (expect.size === 0) return store.put(Buffer.alloc(0), expect);
  const state = { furthest: await partialSize(store.partialPath(key)), refetched: false, host: '' };
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const before = state.furthest;
    try {
      return await attemptOnce(options, state);
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonToRetry(error, state);
      if (state.furthest - before >= PROGRESS) attempt = 0;
      if (attempt >= tries) throw isShrinkwrapError(error) ? error : brokenOff(state.host, attempt, reason, error);
      onRetry?.({ attempt: attempt + 1, tries, reason });
      const delayMs = retryDelay({ ...delays, attempt: Math.max(1, attempt), now: 0, random: Math.random() });
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

interface State {
  furthest: number;
  refetched: boolean;
  host: string;
}

async function attemptOnce({ open, expect, store, signal, onBytes }: DownloadOptions, state: State): Promise<string> {
  const partial = store.partialPath(keyOf(expect));
  const waiting = await partialSize(partial);
  const offset = waiting > expect.size ? 0 : waiting;
  const count = (total: number): void => {
    state.furthest = Math.max(state.furthest, total);
    onBytes?.(total);
  };
  const options = { signal, onBytes: count };
  if (offset === expect.size) return store.write(nothing(), expect, { ...options, offset });
  const response = await open(offset, signal);
  state.host = new URL(response.url).host;
  const start = await startOf(response, offset, expect);
  if (start === undefined) {
    await rm(partial, { force: true });
    throw new Error('the server resumes at another place');
  }
  return store.write(response.body, expect, { ...options, offset: start });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Throws what no further try can mend; a wrong file is worth one clean one, since a resumed or cached answer may have spoilt it. */
function reasonToRetry(error: unknown, state: State): string {
  if (!isShrinkwrapError(error)) return connectionFailure(error).reason;
  if (isShort(error)) return 'the answer ended early';
  if (error.code !== 'INTEGRITY_MISMATCH' || state.refetched) throw error;
  state.refetched = true;
  state.furthest = 0;
  return 'wrong bytes';
}

const brokenOff = (host: string, tries: number, reason: string, cause: unknown): ShrinkwrapError =>
  new ShrinkwrapError('NETWORK_UNREACHABLE', { host, tries, reason: `the answer broke off: ${reason}` }, { cause });

/** Where the body starts in the file; undefined when it fits nowhere and the file must be asked for again. */
async function startOf(response: HttpResponse, offset: number, expect: Expectation): Promise<number | undefined> {
  const { status } = response;
  if (status === 200) return 0;
  if (status === 206) {
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '');
    const fits = match !== null && Number(match[1]) === offset && (match[2] === '*' || Number(match[2]) === expect.size);
    if (fits) return offset;
  }
  await discardBody(response.body);
  if (status === 206 || (status === 416 && offset > 0)) return undefined;
  throw refusal(response, expect.what);
}

function refusal({ url, status }: HttpResponse, what: string): ShrinkwrapError {
  const shown = redactUrl(url);
  if (status === 404) return new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'file', name: what, where: shown, exists: [] });
  if (status === 401 || status === 403) return new ShrinkwrapError('NETWORK_DENIED', { url: shown, status, detail: what });
  return new ShrinkwrapError('NETWORK_STATUS', { url: shown, status, tries: 1, detail: what });
}

const partialSize = async (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
