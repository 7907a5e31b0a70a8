/** Which images a cluster of this bundle asks for, and where each is found. */
import type { Arch } from '../../domain/arch.ts';
import { ociPlatform } from '../../domain/arch.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { formatImageRef } from '../../domain/image-ref.ts';
import { sortedBy } from '../../domain/sorted.ts';
import type { Upstream } from '../upstream.ts';
import type { Catalogue } from './catalogue.ts';
import type { ImageFact } from './facts.ts';
import type { SourceFile } from './source-file.ts';
import { listsOfChannel, parseImageList } from './image-lists.ts';
import { fullImageName, imageCandidates, isForArch } from './image-names.ts';
import { parseUpstreamNames } from './upstream-names.ts';

/** Full names with the reasons for each. */
export type ImageReasons = ReadonlyMap<string, readonly string[]>;

export interface ListedImages {
  readonly images: ImageReasons;
  readonly sources: readonly SourceFile[];
  readonly warnings: readonly string[];
}

/** The newest list of the channel's track, and the newest complete one where that is partial (facts/charmhub-juju.md 6.3). */
export async function listedImages(channel: string, catalogue: Catalogue, upstream: Upstream): Promise<ListedImages> {
  const { folder, completeWhen } = catalogue.images.lists;
  const names = (await upstream.bundleRepository.list(folder)) ?? [];
  const candidates = listsOfChannel(names, channel);
  if (candidates.length === 0) {
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
  return {
    images: collect(used.flatMap(({ path, images }) => images.map((image) => [fullImageName(image, catalogue.images), `image list ${path}`] as const))),
    sources: used.map(({ path, bytes }) => ({ path: `sources/github/charmed-kubernetes/bundle/HEAD/${path}`, bytes })),
    warnings: complete ? [] : [`no image list of ${channel} is complete: none names ${completeWhen}`],
  };
}

const tracksOf = (names: readonly string[]): string[] =>
  [...new Set(names.map((name) => /^v(\d+\.\d+)\./.exec(name)?.[1]).filter((track) => track !== undefined))].toSorted();

export function alwaysImages(catalogue: Catalogue): ImageReasons {
  return collect(catalogue.images.always.map(({ image, why }) => [fullImageName(image, catalogue.images), why] as const));
}

/** Unites reasons; order of first mention. */
export function uniteImages(...parts: readonly ImageReasons[]): ImageReasons {
  return collect(parts.flatMap((part) => [...part].flatMap(([name, reasons]) => reasons.map((reason) => [name, reason] as const))));
}

function collect(pairs: readonly (readonly [string, string])[]): ImageReasons {
  const images = new Map<string, string[]>();
  for (const [name, reason] of pairs) {
    const reasons = images.get(name) ?? [];
    if (!reasons.includes(reason)) images.set(name, [...reasons, reason]);
  }
  return images;
}

export interface ImageOptions {
  readonly archs: readonly Arch[];
  readonly sources: readonly string[];
}

/** Asks the sources in order for every name and architecture; a name that no source has is an error with all of them. */
export async function resolveImages(images: ImageReasons, { archs, sources }: ImageOptions, catalogue: Catalogue, upstream: Upstream): Promise<ImageFact[]> {
  const jobs = [...images].flatMap(([name, reasons]) =>
    archs.filter((arch) => isForArch(name, arch, catalogue.images)).map((arch) => ({ name, reasons, arch })),
  );
  const upstreamNames = lazily(async () => parseUpstreamNames((await upstream.bundleRepository.read('container-images.txt'))?.toString('utf8') ?? ''));
  const found = await upstream.all(jobs, async ({ name, reasons, arch }): Promise<ImageFact | string> => {
    const platform = ociPlatform(arch);
    for (const ref of imageCandidates(name, catalogue.images, sources)) {
      const resolved = await upstream.images.resolve(ref, platform);
      if (resolved !== undefined) return { name, arch, resolved, reasons };
    }
    const own = (await upstreamNames()).get(name.slice(name.indexOf('/cdk/') + '/cdk/'.length));
    const resolved = own === undefined ? undefined : await upstream.images.resolve(own, platform);
    return resolved === undefined ? missing(name, catalogue, sources) : { name, arch, resolved, reasons };
  });
  const absent = found.filter((fact) => typeof fact === 'string');
  if (absent.length > 0) {
    throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
      what: absent.length === 1 ? 'image' : `${absent.length} images`,
      name: absent.join('\n'),
      where: 'any of its sources',
      exists: [],
    });
  }
  return sortedBy(
    found.filter((fact) => typeof fact !== 'string'),
    ({ name, arch }) => `${name}\t${arch}`,
  );
}

const missing = (name: string, catalogue: Catalogue, sources: readonly string[]): string =>
  `${name} (asked ${imageCandidates(name, catalogue.images, sources).map(formatImageRef).join(', ')})`;

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
