/** What a site without a registry starts one with: the image, and what its machine installs (facts/offline-deploy.md 7). */
import { isShrinkwrapError, type Code } from '../../domain/errors.ts';
import { parseImageRef, sitePath } from '../../domain/image-ref.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { Upstream } from '../upstream.ts';
import type { Catalogue } from './catalogue.ts';
import type { ImageFact } from '../image-artifacts.ts';
import type { CharmFact } from './facts.ts';
import { resolveImages } from './images.ts';

const CANNOT_BE_HAD: ReadonlySet<Code> = new Set<Code>(['UPSTREAM_NOT_FOUND', 'NETWORK_UNREACHABLE', 'NETWORK_STATUS', 'NETWORK_DENIED']);

export interface SiteRegistry {
  /** Whether the image is in the plan, as one of `images` or anyway. */
  readonly found: boolean;
  readonly images: readonly ImageFact[];
  readonly warnings: readonly string[];
}

const NONE: SiteRegistry = { found: false, images: [], warnings: [] };

/**
 * `packed` are the images that are in the plan anyway: without any there is nothing for a registry, and a charm of the bundle may name it. One that
 * cannot be had is a warning, since most sites have a registry; where somebody asked for it or the bundle has its charm, it throws as for any other image.
 */
export async function discoverSiteRegistry(
  packed: readonly ImageFact[],
  charms: readonly CharmFact[],
  { archs, imageSources, withRegistry }: Pick<RecipeRequest, 'archs' | 'imageSources' | 'withRegistry'>,
  catalogue: Catalogue,
  upstream: Upstream,
): Promise<SiteRegistry> {
  const { image, others, charm, why } = catalogue.registry;
  const target = sitePath(parseImageRef(image));
  const hasCharm = charms.some(({ release }) => release.name === charm);
  if (withRegistry === false || (packed.length === 0 && !hasCharm)) return NONE;
  if (packed.some(({ targets }) => targets.includes(target))) return { ...NONE, found: true };
  try {
    const wanted = { name: image, others, targets: [target], reasons: [why] };
    return { found: true, ...(await resolveImages([wanted], { archs, sources: imageSources }, catalogue, upstream)) };
  } catch (error) {
    if (withRegistry === true || hasCharm || !isShrinkwrapError(error) || !CANNOT_BE_HAD.has(error.code)) throw error;
    const warning = `image ${image} cannot be had (${error.code}): a site without a registry has to bring it; --with-registry insists on it`;
    return { ...NONE, warnings: [warning] };
  }
}
