/** The first of an image's places that has it. */
import type { Platform } from '../domain/arch.ts';
import { isShrinkwrapError, type ShrinkwrapError } from '../domain/errors.ts';
import type { ImageRef } from '../domain/image-ref.ts';
import type { ResolvedImage } from '../domain/releases.ts';
import type { Upstream } from './upstream.ts';

/** A place that costs a request to know is asked for when its turn comes. */
export type Place = ImageRef | (() => Promise<ImageRef | undefined>);

export interface FoundImage {
  readonly resolved: ResolvedImage;
  /** Hosts of earlier places that could not be reached. */
  readonly passedOver: readonly string[];
}

export type FindImage = (places: readonly Place[], platform: Platform) => Promise<FoundImage | undefined>;

/**
 * `undefined`: every place was asked and none has it. A host that cannot be reached is passed over, and asked for no further image; NETWORK_UNREACHABLE
 * when no other place has the image, since it may be there. Every other failure throws.
 */
export function imageFinder(upstream: Upstream, options: Parameters<Upstream['images']['resolve']>[2] = {}): FindImage {
  const unreachable = new Map<string, ShrinkwrapError>();
  const ask = async (ref: ImageRef, platform: Platform): Promise<ResolvedImage | undefined> => {
    try {
      return unreachable.has(ref.host) ? undefined : await upstream.images.resolve(ref, platform, options);
    } catch (error) {
      if (!isShrinkwrapError(error) || error.code !== 'NETWORK_UNREACHABLE') throw error;
      unreachable.set(ref.host, error);
      return undefined;
    }
  };
  return async (places, platform) => {
    const passedOver = new Set<string>();
    for (const place of places) {
      const ref = typeof place === 'function' ? await place() : place;
      const resolved = ref === undefined ? undefined : await ask(ref, platform);
      if (resolved !== undefined) return { resolved, passedOver: [...passedOver] };
      if (ref !== undefined && unreachable.has(ref.host)) passedOver.add(ref.host);
    }
    const [failure] = [...passedOver].map((host) => unreachable.get(host));
    if (failure !== undefined) throw failure;
    return undefined;
  };
}
