/** Discovers what a bundle needs, then plans it: bundle, charms, snaps, images. Called by the recipe. */
import { refuseProblems } from '../../bundle/read.ts';
import { parseChannel } from '../../domain/channel.ts';
import { sortedBy } from '../../domain/sorted.ts';
import type { CatalogueDocument, RecipeRequest } from '../recipe.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Upstream } from '../upstream.ts';
import { readWantedBundle } from './bundle-source.ts';
import { readCatalogue, type Catalogue } from './catalogue.ts';
import { resolveCharms } from './charms.ts';
import { discoverImages, NO_IMAGES } from './discover-images.ts';
import { sizeWarnings } from './resource-artifacts.ts';
import { planOf } from './plan.ts';
import { optionOf } from './registry-options.ts';
import { resolveSnapClosure, snapChannels } from '../snap-closure.ts';
import { addedSnaps, snapContext, wantedSnaps, type OptionOf } from './snaps.ts';
import { snapChannel } from './channels.ts';
import type { CharmFact, Facts } from './facts.ts';
import { jujuWarnings } from './juju-versions.ts';
import { discoverSiteRegistry } from './site-registry.ts';
import { charmProblems, reviewed } from './verify-plan.ts';

export async function planBundle(request: RecipeRequest, documents: readonly CatalogueDocument[], upstream: Upstream): Promise<Plan> {
  const catalogue = readCatalogue(documents);
  const { source, release, local, misfits, sources, warnings } = await readWantedBundle(request, catalogue, upstream);
  upstream.report({ type: 'note', message: `${source.name}: ${source.merged.applications.size} applications` });
  const { charms, warnings: charmWarnings } = await resolveCharms(source, request, { catalogue, local, upstream });
  const option = optionOf(source.merged);
  const channel = releaseChannel(charms, option, catalogue);
  const review = reviewed(source, charms, channel === undefined ? undefined : parseChannel(channel).track, request, catalogue);
  refuseProblems('bundle', [...misfits, ...charmProblems(source, charms, misfits), ...review.problems]);
  const wanted = [...wantedSnaps(charms, option, catalogue, request.archs), ...addedSnaps(request.snaps ?? [], request.archs)];
  const snaps = request.skip.includes('snaps') ? [] : await resolveSnapClosure(wanted, snapChannels(request.snapChannels ?? []), upstream);
  const imageSources = request.imageSources.length > 0 ? request.imageSources : catalogue.images.sources;
  const containers = request.skip.includes('containers')
    ? NO_IMAGES
    : await discoverImages(charms, option, channel, { ...request, imageSources }, catalogue, upstream);
  const registry = request.skip.includes('containers')
    ? undefined
    : await discoverSiteRegistry(containers.images, charms, { ...request, imageSources }, catalogue, upstream);
  const images = sortedBy([...containers.images, ...(registry?.images ?? [])], ({ name, arch }) => `${name}\t${arch}`);
  const facts: Facts = {
    bundle: source,
    ...(release !== undefined && { release }),
    charms,
    snaps,
    images,
    siteRegistry: registry?.found === true,
    asked: containers.asked,
    oci: containers.oci,
    sources: [...sources, ...containers.sources],
    warnings: [
      ...warnings,
      ...charmWarnings,
      ...review.warnings,
      ...jujuWarnings(charms),
      ...containers.warnings,
      ...(registry?.warnings ?? []),
      ...images.flatMap(({ resolved }) => resolved.warnings),
      ...(request.skip.includes('resources') ? [] : sizeWarnings(charms, catalogue)),
    ],
  };
  return planOf(facts, { ...request, imageSources }, catalogue);
}

/** Channel of the Kubernetes release that the cluster runs; undefined for a bundle that is no Kubernetes cluster. */
function releaseChannel(charms: readonly CharmFact[], option: OptionOf, catalogue: Catalogue): string | undefined {
  const charm = catalogue.images.lists.channelOf.map((name) => charms.find(({ release }) => release.name === name)).find((found) => found !== undefined);
  const [application] = charm?.applications ?? [];
  return charm === undefined || application === undefined ? undefined : snapChannel('option', snapContext(charm, application, option, catalogue));
}
