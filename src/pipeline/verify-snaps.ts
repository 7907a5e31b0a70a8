/** verify: every snap's assertions, from its bytes up to a root that we trust. The bytes themselves matched on their way into the store. */
import { requireChecks } from '../assertion/check.ts';
import { checkChain } from '../assertion/check-chain.ts';
import { checkSnap } from '../assertion/check-snap.ts';
import { decodeStream } from '../assertion/decode-stream.ts';
import type { TrustRoots } from '../assertion/trust-roots.ts';
import type { Artifact, SnapArtifact } from '../domain/artifact.ts';

/** Account that signed each snap's revision, by the path of its assertion stream. */
export function verifySnaps(
  artifacts: readonly Artifact[],
  streams: ReadonlyMap<string, Buffer>,
  { roots, now }: { roots: TrustRoots; now: Date },
): Map<string, string> {
  const snaps = artifacts.filter((artifact): artifact is SnapArtifact => artifact.kind === 'snap');
  return new Map(snaps.map((snap) => [snap.assertPath, verifySnap(snap, streams.get(snap.assertPath) ?? Buffer.alloc(0), roots, now)]));
}

function verifySnap(snap: SnapArtifact, bytes: Buffer, roots: TrustRoots, now: Date): string {
  const stream = decodeStream(bytes);
  const chain = checkChain(stream, { roots, now });
  requireChecks(chain.checks);
  const sha3_384 = snap.digests.find(({ algorithm }) => algorithm === 'sha3-384')?.hex ?? '';
  requireChecks(checkSnap({ sha3_384, size: snap.size }, chain, { name: snap.name, id: snap.id, revision: snap.revision }));
  return stream.find(({ type }) => type === 'snap-revision')?.authorityId ?? 'unknown';
}
