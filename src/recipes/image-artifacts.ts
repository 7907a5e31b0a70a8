/** Images that were found → artifacts: file names, expectations. Pure. */
import type { Arch } from '../domain/arch.ts';
import { archSuffix } from '../domain/archive-name.ts';
import type { ImageArtifact } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import { imageBlobs } from '../domain/image-blobs.ts';
import { parseImageRef } from '../domain/image-ref.ts';
import type { ResolvedImage } from '../domain/releases.ts';
import { shortHash } from './short-hash.ts';

export interface ImageFact {
  /** As the list or charm has it, in full. */
  readonly name: string;
  readonly arch: Arch;
  readonly resolved: ResolvedImage;
  /** Paths below the site's prefix, the canonical one first. */
  readonly targets: readonly string[];
  readonly login?: string;
  readonly reasons: readonly string[];
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
  const { manifest, index, config, layers, whole, platform, repository } = resolved;
  const ref = parseImageRef(name);
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
    ...(whole !== undefined && { whole }),
    targets,
    ...(login !== undefined && { login }),
    path,
    size: imageBlobs(resolved).reduce((sum, { size }) => sum + size, 0),
    digests: [manifest.digest],
    source: `${repository}@${formatDigest(manifest.digest)}`,
    reasons,
  };
}
