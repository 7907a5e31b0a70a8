/** Gets parts of artifacts into the store: what is there is not asked for, what several artifacts share comes once, no more than so many at a time. */
import type { HttpResponse } from '../clients/http.ts';
import { formatDigest } from '../domain/digest.ts';
import { keyOf } from '../store/checker.ts';
import type { Expectation, Store } from '../store/store.ts';
import { type DownloadOptions, type DownloadRetry, download } from './download.ts';
import { createGate, mapLimit } from './pool.ts';

/** Opens the part from an offset on. */
export type OpenPart = (options: { offset: number; signal: AbortSignal }) => Promise<HttpResponse>;

export interface Part {
  readonly expect: Expectation;
  readonly open: OpenPart;
}

/** Bound to one artifact. */
export interface Obtain {
  /** All parts, side by side. */
  files(parts: readonly Part[]): Promise<void>;
  /** A small document that comes as a whole. */
  document(expect: Expectation, read: () => Promise<Buffer>): Promise<void>;
}

export interface ObtainListener {
  /** Bytes of the artifact that are there. */
  onBytes(total: number): void;
  /** Something has to come over the network. */
  onFetch(): void;
  onRetry(event: DownloadRetry): void;
}

export interface ObtainOptions {
  readonly store: Store;
  readonly jobs: number;
  readonly tries: number;
  readonly delays?: DownloadOptions['delays'];
}

/** One for a run; the function it returns binds it to an artifact. */
export function createObtain({ store, jobs, tries, delays }: ObtainOptions): (listener: ObtainListener, signal: AbortSignal) => Obtain {
  const gate = createGate(jobs);
  const running = new Map<string, Promise<void>>();

  /** Whoever comes second waits, then finds the part in the store; when the first one failed, the second tries on its own account. */
  async function once(expect: Expectation, job: () => Promise<unknown>): Promise<void> {
    const key = formatDigest(keyOf(expect));
    for (let other = running.get(key); other !== undefined; other = running.get(key)) await other;
    const mine = (async () => {
      if ((await store.find(keyOf(expect), expect.size)) === undefined) await job();
    })();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    running.set(
      key,
      settled.then(() => void running.delete(key)),
    );
    await mine;
  }

  return (listener, signal) => {
    const amounts = new Map<Expectation, number>();
    const count = (expect: Expectation, bytes: number): void => {
      amounts.set(expect, bytes);
      listener.onBytes([...amounts.values()].reduce((sum, amount) => sum + amount, 0));
    };
    const file = async ({ expect, open }: Part, inner: AbortSignal): Promise<void> => {
      const options = { store, expect, tries, signal: inner, onBytes: (total: number) => count(expect, total), onRetry: listener.onRetry };
      await once(expect, () => {
        listener.onFetch();
        const from = (offset: number, given: AbortSignal): Promise<HttpResponse> => open({ offset, signal: given });
        return gate(() => download({ ...options, open: from, ...(delays !== undefined && { delays }) }), inner);
      });
      count(expect, expect.size);
    };
    return {
      files: async (parts) => {
        await mapLimit(parts, parts.length, file, signal);
      },
      document: async (expect, read) => {
        await once(expect, () => {
          listener.onFetch();
          return gate(async () => store.put(await read(), expect), signal);
        });
        count(expect, expect.size);
      },
    };
  };
}
