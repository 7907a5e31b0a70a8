/** Asks the registries what the listed names are: every name and architecture, all that are missing in one error. */
import { ociPlatform, parseArch, type Arch } from '../../domain/arch.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { formatImageRef, parseImageRef, type ImageRef } from '../../domain/image-ref.ts';
import type { ResolvedImage } from '../../domain/releases.ts';
import { refuseAbsent } from '../absent-images.ts';
import { type Detour, detourWarnings } from '../detours.ts';
import { imageFinder } from '../find-image.ts';
import { archOfName, imageCandidates, namesHost } from '../image-names.ts';
import type { ListedImage } from '../listed-names.ts';
import type { Upstream } from '../upstream.ts';
import type { ListNaming } from './naming.ts';

export interface FoundImage {
  readonly name: string;
  readonly arch: Arch;
  readonly resolved: ResolvedImage;
  readonly reasons: readonly string[];
}

export interface FoundImages {
  readonly found: readonly FoundImage[];
  readonly warnings: readonly string[];
}

export interface ResolveOptions {
  readonly archs: readonly Arch[];
  readonly sources: readonly string[];
  readonly naming: ListNaming;
}

/** UPSTREAM_NOT_FOUND with every image that no source has, or not for an architecture. */
export async function resolveImages(images: readonly ListedImage[], { archs, sources, naming }: ResolveOptions, upstream: Upstream): Promise<FoundImages> {
  const jobs = images.flatMap((image) => archsOf(image, archs, naming).map((arch) => ({ image, arch })));
  const find = imageFinder(upstream, { artifacts: 'allow' });
  const detours: Detour[] = [];
  const found = await upstream.all(jobs, async ({ image, arch }): Promise<FoundImage | string> => {
    const { name, reasons } = image;
    const places = placesOf(image, naming, sources);
    const place = await placeOrReason(() => find(places, ociPlatform(arch)));
    if (typeof place !== 'object') return `${name} (${place ?? `asked ${places.map(formatImageRef).join(', ')}`}; wanted by ${reasons.join(', ')})`;
    const { resolved, passedOver } = place;
    detours.push({ name, passedOver, repository: resolved.repository });
    return { name, arch, resolved, reasons };
  });
  refuseAbsent(found.filter((each) => typeof each === 'string'));
  const there = found.filter((each) => typeof each !== 'string');
  return { found: images.flatMap((image) => onePerManifest(there.filter(({ name }) => name === image.name))), warnings: detourWarnings(detours) };
}

/** A name that carries its architecture is for that one, whatever was asked for. */
function archsOf({ name }: ListedImage, archs: readonly Arch[], naming: ListNaming): readonly Arch[] {
  const own = archOfName(name, naming);
  return own === undefined ? archs : [parseArch(own)];
}

/** A name without host is Docker Hub's, as everywhere; old lists of the bundle repository mean a CDK name by it, which comes second. */
function placesOf({ name, written }: ListedImage, naming: ListNaming, sources: readonly string[]): ImageRef[] {
  const bare = written.filter((text) => !namesHost(text));
  const below = bare.flatMap((text) => sources.map((source) => parseImageRef(`${source.replace(/\/+$/, '')}/${text}`)));
  return [...imageCandidates(name, naming, sources), ...below];
}

/** A text says why there is none although the name is known. */
async function placeOrReason<T>(find: () => Promise<T>): Promise<T | string> {
  try {
    return await find();
  } catch (error) {
    if (!isShrinkwrapError(error) || error.code !== 'UPSTREAM_NOT_FOUND' || !('exists' in error.facts)) throw error;
    const { what, name, where, exists } = error.facts;
    return `${where} has no ${what} ${name}${exists.length === 0 ? '' : `; what exists: ${exists.join(', ')}`}`;
  }
}

/** What has no index is the same whoever asks: it is carried once, under the architecture that it suits best. */
function onePerManifest(found: readonly FoundImage[]): FoundImage[] {
  const best = new Map<string, FoundImage>();
  for (const each of found) {
    const { hex } = each.resolved.manifest.digest;
    const present = best.get(hex);
    if (present === undefined || each.resolved.warnings.length < present.resolved.warnings.length) best.set(hex, each);
  }
  return [...best.values()];
}
