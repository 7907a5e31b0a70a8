/** Whether the registries will hand out as many manifests as a plan still needs; said before the first of them is asked for. */
import type { Artifact, Descriptor } from '../domain/artifact.ts';
import type { Digest } from '../domain/digest.ts';
import type { Store } from '../store/store.ts';

/** `undefined` where the registry does not count. */
export type RemainingPulls = (repository: string, digest: Digest) => Promise<number | undefined>;

export async function pullWarnings(artifacts: readonly Artifact[], store: Store, remainingPulls: RemainingPulls): Promise<string[]> {
  const wanted = new Map<string, { repository: string; manifest: Descriptor }[]>();
  for (const artifact of artifacts) {
    if (artifact.kind !== 'image') continue;
    const { repository, manifest } = artifact;
    if ((await store.find(manifest.digest, manifest.size)) !== undefined) continue;
    const host = repository.slice(0, repository.indexOf('/'));
    wanted.set(host, [...(wanted.get(host) ?? []), { repository, manifest }]);
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
