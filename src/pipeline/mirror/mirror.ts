/** Jobs → registry. One image that fails stops no other. */
import type { PushClient } from '../../clients/oci/push.ts';
import { isShrinkwrapError, type ShrinkwrapError } from '../../domain/errors.ts';
import type { Report } from '../../domain/events.ts';
import { createGate, mapLimit } from '../../fetch/pool.ts';
import { createBlobLedger } from './blob-ledger.ts';
import { refuseCollisions } from './collisions.ts';
import { copyImage } from './copy-image.ts';
import { formatTarget, type MirrorJob } from './job.ts';

export interface MirroredImage {
  readonly source: string;
  readonly target: string;
  /** `planned` in a dry run. */
  readonly status: 'copied' | 'present' | 'failed' | 'planned';
  readonly error?: ShrinkwrapError;
}

export interface MirrorReport {
  /** In the order of the jobs. */
  readonly images: readonly MirroredImage[];
  readonly blobs: { readonly uploaded: number; readonly mounted: number; readonly uploadedBytes: number };
}

export interface MirrorOptions {
  readonly pusher: PushClient;
  readonly dryRun: boolean;
  /** Images, and blobs of all of them, at a time. */
  readonly concurrency: number;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** INPUT_INVALID for images that would overwrite each other, NETWORK_UNREACHABLE when no registry answers: before anything is written. */
export async function mirror(jobs: readonly MirrorJob[], { pusher, dryRun, concurrency, report, signal }: MirrorOptions): Promise<MirrorReport> {
  await refuseCollisions(jobs, signal);
  const blobs = { uploaded: 0, mounted: 0, uploadedBytes: 0 };
  const [first] = jobs;
  if (dryRun || first === undefined) return { images: jobs.map((job) => ({ ...namesOf(job), status: 'planned' as const })), blobs };
  await pusher.reach(first.target.repository);
  const context = {
    pusher,
    ledger: createBlobLedger(),
    gate: createGate(concurrency),
    onBlob: (outcome: 'present' | 'mounted' | 'uploaded', size: number) => {
      if (outcome === 'mounted') blobs.mounted += 1;
      if (outcome !== 'uploaded') return;
      blobs.uploaded += 1;
      blobs.uploadedBytes += size;
    },
  };
  report({ type: 'stage', stage: 'mirror', state: 'start', detail: `${jobs.length} images` });
  const images = await mapLimit(
    jobs,
    concurrency,
    async (job, inner): Promise<MirroredImage> => {
      const item = { type: 'item', stage: 'mirror', item: job.source } as const;
      report({ ...item, state: 'start' });
      try {
        const status = await copyImage(job, context, inner);
        report({ ...item, state: status === 'copied' ? 'done' : 'cached' });
        return { ...namesOf(job), status };
      } catch (error) {
        inner.throwIfAborted();
        if (!isShrinkwrapError(error)) throw error;
        report({ ...item, state: 'fail', detail: error.code });
        return { ...namesOf(job), status: 'failed', error };
      }
    },
    signal,
  );
  report({ type: 'stage', stage: 'mirror', state: 'done' });
  return { images, blobs };
}

const namesOf = ({ source, target }: MirrorJob): Pick<MirroredImage, 'source' | 'target'> => ({ source, target: formatTarget(target) });
