/** A blob as one stream, whatever breaks on the way to its registry: it is opened again where it broke off. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionFailure } from '../../clients/connection-failure.ts';
import type { HttpResponse } from '../../clients/http.ts';
import { retryDelay } from '../../clients/retry-delay.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';

export interface ResumeOptions {
  /** Bytes there have to be. */
  readonly size: number;
  /** Tries without progress. */
  readonly tries: number;
  readonly signal: AbortSignal;
  readonly delays?: { readonly baseMs: number; readonly capMs: number };
}

/** `open` answers 206 with the bytes from the offset on, or 200 with all of them. NETWORK_UNREACHABLE when the tries are used up. */
export async function* resumedBytes(
  open: (offset: number) => Promise<HttpResponse>,
  { size, tries, signal, delays = { baseMs: 500, capMs: 30_000 } }: ResumeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0;
  for (let attempt = 1; ; attempt += 1) {
    const before = done;
    const response = await open(done);
    let failure: unknown = new Error('the answer ended early');
    try {
      let skip = response.status === 206 ? 0 : done;
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        const fresh = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - fresh.length;
        done += fresh.length;
        if (fresh.length > 0) yield fresh;
      }
      if (done >= size) return;
    } catch (error) {
      failure = error;
    } finally {
      response.body.destroy();
    }
    signal.throwIfAborted();
    if (isShrinkwrapError(failure)) throw failure;
    if (done > before) attempt = 0;
    const { reason } = connectionFailure(failure);
    if (attempt >= tries) {
      const { host } = new URL(response.url);
      throw new ShrinkwrapError('NETWORK_UNREACHABLE', { host, tries: attempt, reason: `the answer broke off: ${reason}` }, { cause: failure });
    }
    await sleep(retryDelay({ ...delays, attempt: Math.max(1, attempt), now: 0, random: Math.random() }), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
  }
}
