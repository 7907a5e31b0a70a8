/** What a run has put where: the same blob is sent once, and mounted into every other repository that needs it. */
import type { BlobOutcome } from '../../clients/oci/push-blob.ts';

/** `put` is told the PATH of a repository that has the blob, when one is known. */
export type BlobLedger = (digest: string, repository: string, put: (from: string | undefined) => Promise<BlobOutcome>) => Promise<BlobOutcome>;

/** Whoever needs a blob that is under way waits for it; when that fails, the next one tries on its own account. */
export function createBlobLedger(): BlobLedger {
  const places = new Map<string, Set<string>>();
  const last = new Map<string, Promise<unknown>>();
  return (digest, repository, put) => {
    const turn = (last.get(digest) ?? Promise.resolve()).then(async (): Promise<BlobOutcome> => {
      const there = places.get(digest) ?? new Set<string>();
      if (there.has(repository)) return 'present';
      const outcome = await put([...there][0]);
      places.set(digest, there.add(repository));
      return outcome;
    });
    last.set(
      digest,
      turn.catch(() => undefined),
    );
    return turn;
  };
}
