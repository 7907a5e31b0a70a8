/** Facts → artifacts: names, paths, expectations. Pure. */
import { DEFAULT_PROVENANCE } from '../../assertion/assertion.ts';
import { provenanceOfYaml } from '../../assertion/check-snap.ts';
import { archSuffix, fileNamePart } from '../../domain/archive-name.ts';
import type { ImageArtifact, SnapArtifact } from '../../domain/artifact.ts';
import { formatDigest } from '../../domain/digest.ts';
import { parseImageRef } from '../../domain/image-ref.ts';
import { sortedBy } from '../../domain/sorted.ts';
import { shortHash } from './short-hash.ts';
import { installOrder } from '../snap-order.ts';
import type { ImageFact, SnapFact } from './facts.ts';

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

/** Image file names drop the host, so two hosts may clash; a clash gets 8 hex digits of the reference (design 6). */
export function imageArtifacts(facts: readonly ImageFact[]): ImageArtifact[] {
  const stems = facts.map((fact) => `${imageStem(fact)}${archSuffix(fact.arch)}`);
  const uses = new Map<string, number>();
  for (const stem of stems) uses.set(stem.toLowerCase(), (uses.get(stem.toLowerCase()) ?? 0) + 1);
  return facts.map((fact, index) => {
    const stem = stems[index] ?? '';
    const file = (uses.get(stem.toLowerCase()) ?? 0) > 1 ? `${stem}_${shortHash(fact.name)}` : stem;
    return imageArtifact(fact, `containers/${file}.tgz`);
  });
}

function imageStem({ name, resolved }: ImageFact): string {
  const { path, tag } = parseImageRef(name);
  const version = tag ?? `sha256-${resolved.manifest.digest.hex.slice(0, 12)}`;
  return `${path.replaceAll('/', '_')}_${version}`;
}

function imageArtifact({ name, arch, resolved, targets, reasons, login }: ImageFact, path: string): ImageArtifact {
  const { manifest, index, config, layers, platform, repository } = resolved;
  const ref = parseImageRef(name);
  const blobs = new Map([manifest, config, ...layers].map((blob) => [blob.digest.hex, blob.size]));
  return {
    kind: 'image',
    name,
    version: ref.tag ?? (ref.digest === undefined ? 'latest' : formatDigest(ref.digest)),
    arch,
    platform,
    repository,
    manifest,
    ...(index !== undefined && { index: index.digest }),
    config,
    layers,
    targets,
    ...(login !== undefined && { login }),
    path,
    size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
    digests: [manifest.digest],
    source: `${repository}@${formatDigest(manifest.digest)}`,
    reasons,
  };
}
