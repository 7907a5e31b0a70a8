/** Facts → plan. Pure: the same facts and request give the same plan, byte for byte. */
import type { Artifact, ResourceArtifact } from '../../domain/artifact.ts';
import { fileNamePart } from '../../domain/archive-name.ts';
import { formatBase } from '../../domain/base.ts';
import { type Arch, DEFAULT_ARCH } from '../../domain/arch.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { formatChannel } from '../../domain/channel.ts';
import { charmRecord } from '../../domain/charm-record.ts';
import { PLAN_FORMAT, type Plan, type PlanFile, type PlanRequest } from '../../domain/plan.ts';
import { byCodeUnit, sortedBy } from '../../domain/sorted.ts';
import type { CharmRelease } from '../../domain/releases.ts';
import type { RecipeRequest } from '../recipe.ts';
import { archiveTable } from '../archive-table.ts';
import { imageArtifacts } from '../image-artifacts.ts';
import { imagesTable } from '../images-table.ts';
import { indexFiles } from '../index-files.ts';
import { layoutFiles, placeImages } from '../layout-files.ts';
import { totalsOf } from '../plan-totals.ts';
import { siteIndexFiles } from '../site-index-files.ts';
import { planFile } from '../source-file.ts';
import { snapArtifacts } from './artifacts.ts';
import { basesOf } from './bases.ts';
import { bundleFiles } from './bundle-files.ts';
import { isLocalBundle } from './bundle-source.ts';
import type { Catalogue } from './catalogue.ts';
import { debNeeds, pythonNeeds, registryNeeds, type CharmOnBase, type PackageNeed } from './debs.ts';
import type { CharmFact, Facts } from './facts.ts';
import { jujuMinimum } from './juju-versions.ts';
import { optionWarnings } from './option-rules.ts';
import { archWarnings, registryOptionRows, resourceImageRows, type RegistryOptionRow } from './registry-options.ts';
import { relatedEndpoints } from './related-endpoints.ts';
import { resourceArtifacts } from './resource-artifacts.ts';
import { debsTable, pythonTable, registryTable, snapsTable } from './tables.ts';

export function planOf(facts: Facts, request: RecipeRequest, catalogue: Catalogue): Plan {
  const skip = new Set<string>(request.skip);
  const charms = uniteReasons(facts.charms.map(({ artifact }) => artifact));
  const snaps = snapArtifacts(facts.snaps);
  const images = placeImages(imageArtifacts(facts.images), request.imageFormat);
  const resources = skip.has('resources') ? [] : resourceArtifacts(facts, images);
  const artifacts: Artifact[] = sortedBy([...charms, ...resources, ...snaps.artifacts, ...images], ({ path }) => path);
  const rowsOf = (arch: Arch): RegistryOptionRow[] => {
    const charms = facts.charms.filter((charm) => charm.arch === arch);
    return [...registryOptionRows(charms, images, facts.asked, catalogue), ...(skip.has('resources') ? [] : resourceImageRows(facts.oci))];
  };
  const [first = DEFAULT_ARCH] = request.archs;
  const related = relatedEndpoints(facts.bundle.merged, facts.charms);
  const onBases = facts.charms.map((fact) => onBase(fact, related));
  const files: PlanFile[] = [
    ...bundleFiles(facts, { request, catalogue, rowsOf, resources }),
    ...(skip.has('snaps') ? [] : [snapsTable(snaps.rows)]),
    ...(skip.has('containers') ? [] : [imagesTable(images), ...siteIndexFiles(images, request.imageFormat), ...layoutFiles(images, request.imageFormat)]),
    ...(skip.has('apt') ? [] : [debsTable([...debNeeds(onBases, catalogue), ...registryDebs(facts, onBases, catalogue)])]),
    ...(skip.has('pypi') ? [] : [pythonTable(pythonNeeds(onBases))]),
    registryTable(rowsOf(first)),
    archiveTable(archiveValues(facts, request)),
    ...sourceFiles(facts, resources),
  ];
  const { release } = facts;
  return {
    format: PLAN_FORMAT,
    request: planRequest(facts, request),
    archive: archiveOf(facts),
    ...(release !== undefined && { bundle: { name: release.name, id: release.id, revision: release.revision, channel: release.channel } }),
    bases: basesOf(facts.charms, facts.bundle.merged, request.archs),
    warnings: [...new Set([...facts.warnings, ...optionWarnings(facts, request, catalogue), ...archWarnings(request.archs, rowsOf)])].toSorted(byCodeUnit),
    artifacts,
    files: sortedBy(
      uniqueBy(files, ({ path }) => path),
      ({ path }) => path,
    ),
    totals: totalsOf(artifacts),
  };
}

/** Not twice, where the bundle has the charm. */
function registryDebs({ siteRegistry, bundle }: Facts, charms: readonly CharmOnBase[], catalogue: Catalogue): PackageNeed[] {
  if (!siteRegistry || charms.some(({ charm }) => charm === catalogue.registry.charm)) return [];
  return registryNeeds([...new Set(charms.map(({ base }) => base))].toSorted(byCodeUnit), bundle.channel?.track ?? 'latest', catalogue);
}

function archiveOf({ bundle }: Facts): Plan['archive'] {
  const { name, channel } = bundle;
  if (channel === undefined) return { name, track: 'local', risk: 'stable' };
  const { track, risk, branch } = channel;
  return { name, track, risk, ...(branch !== undefined && { branch }) };
}

/** Paths of this machine stay here: a local bundle or overlay goes by its name. */
function planRequest({ bundle, siteRegistry }: Facts, request: RecipeRequest): PlanRequest {
  const {
    archs,
    base,
    registry,
    imageSources,
    allowIncompleteImages,
    snaps = [],
    snapChannels = [],
    imageFormat,
    gpu,
    mapCharmstore,
    correctOverlays,
    reviewedOnly,
  } = request;
  const channel = bundle.channel === undefined ? undefined : formatChannel(bundle.channel);
  return {
    system: isLocalBundle(request.system) ? bundle.name : request.system,
    ...(channel !== undefined && { channel }),
    archs,
    ...(base !== undefined && { base }),
    overlays: bundle.overlays.map(({ name }) => name),
    skip: [...request.skip].toSorted(),
    ...(registry !== undefined && { registry }),
    imageSources,
    ...(imageFormat !== undefined && { imageFormat }),
    ...(gpu === true && { gpu }),
    ...(mapCharmstore === true && { mapCharmstore }),
    ...(correctOverlays === true && { correctOverlays }),
    ...(reviewedOnly === true && { reviewedOnly }),
    ...(siteRegistry && { withRegistry: true }),
    ...(snaps.length > 0 && { snaps }),
    ...(snapChannels.length > 0 && { snapChannels }),
    ...(allowIncompleteImages && { allowIncompleteImages }),
  };
}

function archiveValues(facts: Facts, request: RecipeRequest): Record<string, string> {
  const { name, track, risk, branch } = archiveOf(facts);
  const applications = [...facts.bundle.merged.applications.values()];
  return {
    name,
    track,
    channel: [track, risk, ...(branch === undefined ? [] : [branch])].join('/'),
    archs: request.archs.join(','),
    trust: applications.some((application) => application?.trust === true) ? 'yes' : 'no',
    juju_min: jujuMinimum(facts.charms),
    base: [...new Set(facts.charms.map(({ base }) => formatBase(base)))].toSorted().join(','),
  };
}

function sourceFiles(facts: Facts, resources: readonly ResourceArtifact[]): PlanFile[] {
  const packed = new Set(resources.filter(({ derived }) => derived === undefined).map(({ name }) => name));
  const charms = facts.charms.flatMap(({ artifact, files }) => {
    const texts = { metadata: files.metadataYaml, config: files.configYaml, manifest: files.manifestYaml, layer: files.layerYaml };
    return Object.entries(texts).flatMap(([name, text]) => (text === '' ? [] : [{ path: `sources/charms/${stemOf(artifact)}/${name}.yaml`, text }]));
  });
  // What is left out, or made here and another file than Charmhub's, has no row: the archive has to lead to the same record again.
  const kept = (release: CharmFact['release']): CharmFact['release'] => ({
    ...release,
    resources: release.resources.filter(({ name, type }) => type === 'file' && packed.has(`${release.name}/${name}`)),
  });
  const records = facts.charms.flatMap(({ artifact, release, local }) =>
    local === true ? [] : [{ path: `sources/charmhub/${stemOf(artifact)}.json`, text: canonicalJson(charmRecord(kept(commonRelease(release, facts.charms)))) }],
  );
  const snaps = facts.snaps.map(({ release: { name, revision, arch, snapYaml } }) => ({
    path: `sources/snaps/${fileNamePart(name)}_${revision}_${arch}/snap.yaml`,
    text: snapYaml,
  }));
  return [...charms, ...records, ...snaps, ...indexFiles(facts.images), ...facts.sources.map(planFile)];
}

/** Name of the charm's file without its ending. */
const stemOf = ({ path }: CharmFact['artifact']): string => path.slice('charms/'.length, -'.charm'.length);

/** Without the resources in which applications of one charm differ: a pinned revision, a file of their own. */
function commonRelease(release: CharmRelease, charms: readonly CharmFact[]): CharmRelease {
  const twins = charms.filter((fact) => fact.release.id === release.id && fact.release.revision === release.revision).map((fact) => fact.release.resources);
  const isCommon = ({ name, download }: CharmRelease['resources'][number]): boolean =>
    twins.every((resources) => resources.find((other) => other.name === name)?.download.digest.hex === download.digest.hex);
  return { ...release, resources: release.resources.filter(isCommon) };
}

const onBase = ({ release, files, base, track, applications }: CharmFact, related: ReadonlyMap<string, ReadonlySet<string>>): CharmOnBase => ({
  charm: release.name,
  track,
  base: formatBase(base),
  files,
  related: new Set(applications.flatMap((application) => [...(related.get(application) ?? [])])),
});

/** One file may serve applications on several bases and architectures. */
function uniteReasons<T extends Artifact>(artifacts: readonly T[]): T[] {
  const united = new Map<string, T>();
  for (const artifact of artifacts) {
    const reasons = [...new Set([...(united.get(artifact.path)?.reasons ?? []), ...artifact.reasons])].toSorted(byCodeUnit);
    united.set(artifact.path, { ...artifact, reasons });
  }
  return [...united.values()];
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
