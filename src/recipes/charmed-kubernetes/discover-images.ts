/** All images of a bundle: lists of its Kubernetes release, what every cluster needs, and what the charms name themselves. */
import type { RecipeRequest } from '../recipe.ts';
import type { Upstream } from '../upstream.ts';
import type { Catalogue } from './catalogue.ts';
import { ociResources } from './oci-resources.ts';
import { charmImages } from './charm-images.ts';
import type { CharmFact, Facts } from './facts.ts';
import { alwaysImages, listedImages, resolveImages } from './images.ts';
import type { OptionOf } from './snaps.ts';
import { tagClashes, wantedImages } from './wanted-images.ts';

export type DiscoveredImages = Pick<Facts, 'images' | 'asked' | 'oci' | 'sources' | 'warnings'>;

export const NO_IMAGES: DiscoveredImages = { images: [], asked: [], oci: [], sources: [], warnings: [] };

/** `channel` is that of the cluster's Kubernetes; undefined for a bundle that is no cluster, which has no lists. */
export async function discoverImages(
  charms: readonly CharmFact[],
  optionOf: OptionOf,
  channel: string | undefined,
  { archs, imageSources, allowIncompleteImages }: Pick<RecipeRequest, 'archs' | 'imageSources' | 'allowIncompleteImages'>,
  catalogue: Catalogue,
  upstream: Upstream,
): Promise<DiscoveredImages> {
  const listed = channel === undefined ? undefined : await listedImages(channel, allowIncompleteImages, catalogue, upstream);
  const named = charmImages(charms, optionOf, catalogue);
  const resources = await ociResources(charms, upstream);
  const wanted = wantedImages(
    [...(listed?.images ?? []), ...(listed === undefined ? [] : alwaysImages(catalogue)), ...named.mentions, ...resources.mentions],
    catalogue.images,
  );
  const { images, warnings } = await resolveImages(wanted, { archs, sources: imageSources }, catalogue, upstream);
  return {
    images,
    oci: resources.oci,
    asked: named.mentions.filter(({ option }) => option !== undefined),
    sources: listed?.sources ?? [],
    warnings: [...(listed?.warnings ?? []), ...named.warnings, ...warnings, ...tagClashes(wanted)],
  };
}
