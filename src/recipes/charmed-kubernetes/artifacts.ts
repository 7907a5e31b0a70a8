/** Facts → artifacts: names, paths, expectations. Pure. */
import { DEFAULT_PROVENANCE } from '../../assertion/assertion.ts';
import { provenanceOfYaml } from '../../assertion/check-snap.ts';
import { fileNamePart } from '../../domain/archive-name.ts';
import type { SnapArtifact } from '../../domain/artifact.ts';
import { sortedBy } from '../../domain/sorted.ts';
import { installOrder } from '../snap-order.ts';
import type { SnapFact } from './facts.ts';

/** One artifact a snap revision and architecture, whatever number of channels led to it. */
export function snapArtifacts(facts: readonly SnapFact[]): {
  readonly artifacts: SnapArtifact[];
  readonly rows: { readonly artifact: SnapArtifact; readonly channel: string }[];
} {
  const ordered = sortedBy(facts, ({ release }) => `${release.name}\t${release.arch}\t${release.channel}`);
  const names = installOrder(facts.map(({ release }) => release));
  const byPath = new Map<string, SnapArtifact>();
  const channels: { path: string; channel: string }[] = [];
  for (const { release, reasons } of ordered) {
    const stem = `snaps/${fileNamePart(release.name)}_${release.revision}_${release.arch}`;
    const present = byPath.get(`${stem}.snap`);
    const { name, version, revision, channel, arch, id, base, type, confinement, publisherId, snapYaml, download } = release;
    const provenance = provenanceOfYaml(snapYaml);
    channels.push({ path: `${stem}.snap`, channel });
    byPath.set(`${stem}.snap`, {
      kind: 'snap',
      name,
      version,
      revision,
      channel: present?.channel ?? channel,
      arch,
      id,
      base,
      type,
      confinement,
      publisherId,
      ...(provenance !== DEFAULT_PROVENANCE && { provenance }),
      order: names.indexOf(name) + 1,
      path: `${stem}.snap`,
      assertPath: `${stem}.assert`,
      size: download.size,
      digests: [download.digest],
      source: download.source,
      reasons: [...new Set([...(present?.reasons ?? []), ...reasons])].toSorted(),
    });
  }
  const rows = channels.flatMap(({ path, channel }) => {
    const artifact = byPath.get(path);
    return artifact === undefined ? [] : [{ artifact, channel }];
  });
  return { artifacts: [...byPath.values()], rows };
}
