/** One image into the registry: what it consists of first, then its manifest, an index last. */
import type { BlobOutcome } from '../../clients/oci/push-blob.ts';
import type { PushClient } from '../../clients/oci/push.ts';
import type { Descriptor } from '../../domain/artifact.ts';
import { formatDigest, sameDigest } from '../../domain/digest.ts';
import { mapLimit } from '../../fetch/pool.ts';
import type { BlobLedger } from './blob-ledger.ts';
import type { ImageTree, MirrorJob } from './job.ts';

export interface CopyContext {
  readonly pusher: PushClient;
  readonly ledger: BlobLedger;
  /** Lets so many blobs of the run through at a time. */
  readonly gate: <R>(job: () => Promise<R>, signal: AbortSignal) => Promise<R>;
  readonly onBlob: (outcome: BlobOutcome, size: number) => void;
}

/** `present`: the tag names the very digest already, and nothing was read. */
export async function copyImage(job: MirrorJob, context: CopyContext, signal: AbortSignal): Promise<'copied' | 'present'> {
  const { repository, tag } = job.target;
  const wanted = await job.digest(signal);
  const found = await context.pusher.digestOf(repository, tag, signal);
  if (found !== undefined && sameDigest(found, wanted)) return 'present';
  await pushTree(await job.read(signal), tag, job, context, signal);
  return 'copied';
}

async function pushTree(tree: ImageTree, reference: string, job: MirrorJob, context: CopyContext, signal: AbortSignal): Promise<void> {
  const { repository } = job.target;
  for (const child of tree.children) {
    const name = formatDigest(child.digest);
    // A registry that has a manifest has what it refers to: it took it only then.
    if ((await context.pusher.digestOf(repository, name, signal)) === undefined) await pushTree(child, name, job, context, signal);
  }
  const blobs = [...new Map(tree.blobs.map((blob) => [formatDigest(blob.digest), blob])).values()];
  await mapLimit(blobs, blobs.length, (blob, inner) => pushBlob(blob, job, context, inner), signal);
  await context.pusher.putManifest(repository, reference, tree, signal);
}

async function pushBlob(blob: Descriptor, job: MirrorJob, { pusher, ledger, gate, onBlob }: CopyContext, signal: AbortSignal): Promise<void> {
  const { digest, size } = blob;
  const { repository } = job.target;
  const put = (from: string | undefined): Promise<BlobOutcome> =>
    gate(
      () => pusher.putBlob(repository, { digest, size, open: () => job.open(blob, signal), ...(from !== undefined && { from: withoutHost(from) }) }, signal),
      signal,
    );
  onBlob(await ledger(formatDigest(digest), repository, put), size);
}

const withoutHost = (repository: string): string => repository.slice(repository.indexOf('/') + 1);
