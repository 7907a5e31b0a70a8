/** verify: every snap's assertions, from its bytes up to a root that we trust. The bytes themselves matched on their way into the store. */
import { DEFAULT_PROVENANCE } from '../assertion/assertion.ts';
import { requireChecks } from '../assertion/check.ts';
import { checkChain, type ChainOptions } from '../assertion/check-chain.ts';
import { checkSnap } from '../assertion/check-snap.ts';
import { decodeStream } from '../assertion/decode-stream.ts';
import type { Artifact, SnapArtifact } from '../domain/artifact.ts';

/** Account that signed each snap's revision, by the path of its assertion stream. */
export function verifySnaps(artifacts: readonly Artifact[], streams: ReadonlyMap<string, Buffer>, options: ChainOptions): Map<string, string> {
  const snaps = artifacts.filter((artifact): artifact is SnapArtifact => artifact.kind === 'snap');
  return new Map(snaps.map((snap) => [snap.assertPath, verifySnap(snap, streams.get(snap.assertPath) ?? Buffer.alloc(0), options)]));
}

function verifySnap(snap: SnapArtifact, bytes: Buffer, options: ChainOptions): string {
  const { name, id, revision, arch, publisherId, provenance = DEFAULT_PROVENANCE } = snap;
  const label = `${name} r${revision} ${arch}`;
  const stream = decodeStream(bytes);
  const chain = checkChain(stream, options);
  requireChecks(chain.checks, label);
  const sha3_384 = snap.digests.find(({ algorithm }) => algorithm === 'sha3-384')?.hex ?? '';
  const wanted = { name, id, revision, provenance, ...(publisherId !== undefined && { publisherId }) };
  requireChecks(checkSnap({ sha3_384, size: snap.size }, chain, wanted), label);
  return stream.find(({ type }) => type === 'snap-revision')?.authorityId ?? 'unknown';
}
