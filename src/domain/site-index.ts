/** Which indexes the tags of the site's registry answer: those that names pin, and one made here where several architectures share a tag. Pure. */
import { createHash } from 'node:crypto';
import { formatPlatform } from './arch.ts';
import type { Descriptor, ImageArtifact, ImageChild } from './artifact.ts';
import { digest, formatDigest } from './digest.ts';
import { OCI_INDEX, platformIndex } from './image-documents.ts';
import { byCodeUnit, sortedBy } from './sorted.ts';

export interface SiteIndex {
  readonly index: Descriptor;
  /** Its text, when it was made here. */
  readonly made?: string;
  /** Each once, in the order of the index. */
  readonly children: readonly ImageChild[];
  /** PATH:TAG below the prefix of the site's registry, sorted. No target is that of two indexes. */
  readonly targets: readonly string[];
}

/** Sorted by their first targets. */
export function siteIndexes(images: readonly ImageArtifact[]): SiteIndex[] {
  const found = new Map<string, SiteIndex>();
  const add = (target: string, index: Omit<SiteIndex, 'targets'>): void => {
    const key = formatDigest(index.index.digest);
    found.set(key, { ...index, targets: [...(found.get(key)?.targets ?? []), target].toSorted(byCodeUnit) });
  };
  for (const target of new Set(images.flatMap(({ targets }) => targets))) {
    const sharing = images.filter(({ targets }) => targets.includes(target));
    const index = pinnedIndex(sharing) ?? madeIndex(sharing);
    if (index !== undefined) add(target, index);
  }
  for (const image of images) {
    // Another index has its tag; whoever asks by digest still finds this one.
    const index = pinnedIndex([image]);
    if (index !== undefined && !found.has(formatDigest(index.index.digest))) add(spareTarget(image.targets[0] ?? '', index.index), index);
  }
  return sortedBy(found.values(), ({ targets }) => targets[0] ?? '');
}

function pinnedIndex(images: readonly ImageArtifact[]): Omit<SiteIndex, 'targets'> | undefined {
  const whole = images.find((image) => image.whole !== undefined)?.whole;
  return whole === undefined ? undefined : { index: whole.index, children: unique(whole.children) };
}

/** Of two images for one platform the first: one name can pin only one of them. */
function madeIndex(images: readonly ImageArtifact[]): Omit<SiteIndex, 'targets'> | undefined {
  const byPlatform = new Map(images.toReversed().map((image) => [formatPlatform(image.platform), image]));
  if (byPlatform.size < 2) return undefined;
  const children = sortedBy(byPlatform.values(), ({ platform }) => formatPlatform(platform));
  const made = platformIndex(children);
  const hex = createHash('sha256').update(made).digest('hex');
  return { index: { mediaType: OCI_INDEX, digest: digest('sha256', hex), size: Buffer.byteLength(made) }, made, children: unique(children) };
}

const unique = (children: readonly ImageChild[]): ImageChild[] => [
  ...new Map(children.map(({ manifest, config, layers }) => [formatDigest(manifest.digest), { manifest, config, layers }])).values(),
];

const spareTarget = (target: string, { digest: { algorithm, hex } }: Descriptor): string =>
  `${target.slice(0, target.lastIndexOf(':'))}:${algorithm}-${hex.slice(0, 12)}`;
