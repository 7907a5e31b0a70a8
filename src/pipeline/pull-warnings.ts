/** Whether the registries will hand out as many manifests as a plan still needs; said before the first of them is asked for. */
import type { Artifact, Descriptor, ImageArtifact } from '../domain/artifact.ts';
import { type Digest, formatDigest } from '../domain/digest.ts';
import type { Store } from '../store/store.ts';

/** `undefined` where the registry does not count. */
export type RemainingPulls = (repository: string, digest: Digest) => Promise<number | undefined>;

export async function pullWarnings(artifacts: readonly Artifact[], store: Store, remainingPulls: RemainingPulls): Promise<string[]> {
  const wanted = new Map<string, { repository: string; manifest: Descriptor }[]>();
  for (const artifact of artifacts) {
    if (artifact.kind !== 'image') continue;
    const { repository } = artifact;
    const host = repository.slice(0, repository.indexOf('/'));
    for (const manifest of documentsOf(artifact)) {
      if ((await store.find(manifest.digest, manifest.size)) !== undefined) continue;
      wanted.set(host, [...(wanted.get(host) ?? []), { repository, manifest }]);
    }
  }
  const warnings: string[] = [];
  for (const [host, images] of wanted) {
    const [first] = images;
    const remaining = first === undefined ? undefined : await remainingPulls(first.repository, first.manifest.digest);
    if (remaining !== undefined && remaining < images.length)
      warnings.push(`${host} hands out ${remaining} more manifests for now, and this plan needs ${images.length}: log in, or ask a mirror`);
  }
  return warnings;
}

/** Of a pinned index every manifest is asked for, each once. */
function documentsOf({ manifest, whole }: ImageArtifact): Descriptor[] {
  const documents = whole === undefined ? [manifest] : [whole.index, manifest, ...whole.children.map((child) => child.manifest)];
  return [...new Map(documents.map((document) => [formatDigest(document.digest), document])).values()];
}
