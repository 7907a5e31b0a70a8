/** All artifacts of a plan into the store, with events. Called by the pipeline. */
import type { Artifact } from '../domain/artifact.ts';
import { ShrinkwrapError, isShrinkwrapError } from '../domain/errors.ts';
import type { Report } from '../domain/events.ts';
import { sortedBy } from '../domain/sorted.ts';
import type { Store } from '../store/store.ts';
import { describeArtifact } from './describe-artifact.ts';
import type { DownloadOptions } from './download.ts';
import { fetchArtifact } from './fetchers.ts';
import { createObtain } from './obtain.ts';
import { mapLimit } from './pool.ts';
import type { FetchUpstream } from './upstream.ts';

export interface FetchAllOptions {
  readonly upstream: FetchUpstream;
  readonly store: Store;
  /** Files at a time. */
  readonly jobs: number;
  readonly tries: number;
  /** Fetch the rest when something fails; ends with PARTIAL_FAILED. */
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly now?: () => number;
  readonly delays?: DownloadOptions['delays'];
}

const PROGRESS_MS = 250;

/** The assertion streams of the snaps by their path in the archive; everything else is in the store. */
export async function fetchAll(artifacts: readonly Artifact[], options: FetchAllOptions): Promise<Map<string, Buffer>> {
  const assertions = new Map<string, Buffer>();
  const failed: { what: string; error: Error }[] = [];
  const bind = createObtain(options);
  // The longest first: then the end of the run is not one slow file.
  const order = artifacts.toSorted((a, b) => b.size - a.size);
  const job = async (artifact: Artifact, signal: AbortSignal): Promise<void> => {
    const watch = watchArtifact(artifact, options);
    const keepAssertions = (path: string, stream: Buffer): void => void assertions.set(path, stream);
    try {
      await fetchArtifact(artifact, options.upstream, { signal, obtain: bind(watch, signal), keepAssertions });
      watch.done();
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      watch.fail(message);
      if (!options.keepGoing || !canGoOn(error)) throw error;
      failed.push({ what: describeArtifact(artifact), error: error instanceof Error ? error : new Error(message) });
    }
  };
  await mapLimit(order, options.jobs, job, options.signal);
  if (failed.length > 0) throw new ShrinkwrapError('PARTIAL_FAILED', { failed: sortedBy(failed, ({ what }) => what) });
  return assertions;
}

/** A full disk stays full for the next artifact, and a bug is no missing file. */
const canGoOn = (error: unknown): boolean => isShrinkwrapError(error) && !error.code.startsWith('LOCAL_');

function watchArtifact(artifact: Artifact, { report, now = Date.now }: FetchAllOptions) {
  const item = { type: 'item', stage: 'fetch', item: describeArtifact(artifact), of: artifact.size } as const;
  let fetching = false;
  let told = now();
  return {
    onFetch(): void {
      if (!fetching) report({ ...item, state: 'start' });
      fetching = true;
    },
    onBytes(bytes: number): void {
      if (!fetching || now() - told < PROGRESS_MS) return;
      told = now();
      report({ ...item, state: 'progress', bytes });
    },
    onRetry({ attempt, tries, reason }: { attempt: number; tries: number; reason: string }): void {
      report({ ...item, state: 'retry', detail: `${reason} (try ${attempt} of ${tries})` });
    },
    done: (): void => report({ ...item, state: fetching ? 'done' : 'cached', bytes: artifact.size }),
    fail: (detail: string): void => report({ ...item, state: 'fail', detail }),
  };
}
