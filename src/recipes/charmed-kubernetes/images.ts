/** Which images a cluster of this bundle asks for, and where each is found. */
import type { Arch } from '../../domain/arch.ts';
import { ociPlatform } from '../../domain/arch.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { formatImageRef, parseImageRef, type ImageRef } from '../../domain/image-ref.ts';
import { sortedBy } from '../../domain/sorted.ts';
import type { Upstream } from '../upstream.ts';
import type { Catalogue } from './catalogue.ts';
import { refuseAbsent } from '../absent-images.ts';
import { type Detour, detourWarnings } from '../detours.ts';
import { imageFinder } from '../find-image.ts';
import type { ImageFact } from '../image-artifacts.ts';
import type { SourceFile } from '../source-file.ts';
import { listsOfChannel, parseImageList } from './image-lists.ts';
import { imageCandidates, isForArch } from '../image-names.ts';
import { parseUpstreamNames } from './upstream-names.ts';
import { isCdkName, mention, type ImageMention, type WantedImage } from './wanted-images.ts';

export interface ListedImages {
  readonly images: readonly ImageMention[];
  readonly sources: readonly SourceFile[];
  readonly warnings: readonly string[];
}

/**
 * The newest list of the channel's track, and the newest complete one where that is partial (facts/charmhub-juju.md 6.3).
 * A track without a complete one is an error, or a warning where the user allows it.
 */
export async function listedImages(channel: string, allowIncomplete: boolean, catalogue: Catalogue, upstream: Upstream): Promise<ListedImages> {
  const { folder, completeWhen } = catalogue.images.lists;
  const names = (await upstream.bundleRepository.list(folder)) ?? [];
  const candidates = listsOfChannel(names, channel);
  if (candidates.length === 0 && !allowIncomplete) {
    throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
      what: 'image list for channel',
      name: channel,
      where: `${folder}/ of the bundle repository`,
      exists: tracksOf(names),
    });
  }
  const used: { path: string; bytes: Buffer; images: string[] }[] = [];
  for (const name of candidates) {
    const path = `${folder}/${name}`;
    const bytes = (await upstream.bundleRepository.read(path)) ?? Buffer.alloc(0);
    const images = parseImageList(bytes.toString('utf8'));
    const complete = images.some((image) => image.includes(completeWhen));
    if (images.length > 0 && (complete || used.length === 0)) used.push({ path, bytes, images });
    if (complete) break;
  }
  const complete = used.some(({ images }) => images.some((image) => image.includes(completeWhen)));
  const lack = `no image list of ${channel} is complete: none of ${candidates.length} names ${completeWhen}`;
  if (!complete && !allowIncomplete) {
    const message = `${lack}; what add-ons need would be missing behind the air gap (--allow-incomplete-images packs what there is)`;
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'image lists', problems: [{ file: folder, code: 'incomplete-images', message }] });
  }
  return {
    images: used.flatMap(({ path, images }) => images.map((image) => mention(image, `image list ${path}`, catalogue.images))),
    sources: used.map(({ path, bytes }) => ({ path: `sources/github/charmed-kubernetes/bundle/HEAD/${path}`, bytes })),
    warnings: complete ? [] : [lack],
  };
}

const tracksOf = (names: readonly string[]): string[] =>
  [...new Set(names.map((name) => /^v(\d+\.\d+)\./.exec(name)?.[1]).filter((track) => track !== undefined))].toSorted();

export const alwaysImages = ({ images }: Catalogue): ImageMention[] => images.always.map(({ image, why }) => mention(image, why, images));

export interface ImageOptions {
  readonly archs: readonly Arch[];
  readonly sources: readonly string[];
}

export interface ResolvedImages {
  readonly images: readonly ImageFact[];
  readonly warnings: readonly string[];
}

/** Asks the sources in order for every name and architecture; a name that no source has is an error with all of them. */
export async function resolveImages(
  images: readonly WantedImage[],
  { archs, sources }: ImageOptions,
  catalogue: Catalogue,
  upstream: Upstream,
): Promise<ResolvedImages> {
  const jobs = images.flatMap((wanted) => archs.filter((arch) => isForArch(wanted.name, arch, catalogue.images)).map((arch) => ({ wanted, arch })));
  const upstreamNames = lazily(async () => parseUpstreamNames((await upstream.bundleRepository.read('container-images.txt'))?.toString('utf8') ?? ''));
  const find = imageFinder(upstream);
  const detours: Detour[] = [];
  const found = await upstream.all(jobs, async ({ wanted, arch }): Promise<ImageFact | string> => {
    const { name, targets, reasons, login } = wanted;
    const candidates = candidatesOf(wanted, catalogue, sources);
    const own = lazily(async () => (await upstreamNames()).get(name.slice(name.indexOf('/cdk/') + '/cdk/'.length)));
    const place = await find([...candidates, own], ociPlatform(arch));
    if (place === undefined) return `${name} (asked ${candidates.map(formatImageRef).join(', ')}; wanted by ${reasons.join(', ')})`;
    const { resolved, passedOver } = place;
    detours.push({ name, passedOver, repository: resolved.repository });
    return { name, arch, resolved, targets, reasons, ...(login !== undefined && { login }) };
  });
  refuseAbsent(found.filter((fact) => typeof fact === 'string'));
  return {
    images: sortedBy(
      found.filter((fact) => typeof fact !== 'string'),
      ({ name, arch }) => `${name}\t${arch}`,
    ),
    warnings: detourWarnings(detours),
  };
}

/** The name's own places, then those of its other names, then the mirror for what it was not named with. */
function candidatesOf({ name, others }: WantedImage, catalogue: Catalogue, sources: readonly string[]): ImageRef[] {
  const refs = [name, ...others].flatMap((each) => imageCandidates(each, catalogue.images, sources));
  const mirrored = sources.map((source) => parseImageRef(`${source.replace(/\/+$/, '')}/${below(parseImageRef(name))}`));
  const all = isCdkName(name, catalogue.images) ? refs : [...refs, ...mirrored];
  return [...new Map(all.map((ref) => [formatImageRef(ref), ref])).values()];
}

const below = (ref: ImageRef): string => formatImageRef({ ...ref, host: '-' }).slice('-/'.length);

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
