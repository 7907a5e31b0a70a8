/** Facts → plan. Pure: the same facts and request give the same plan, byte for byte. */
import { rewriteBundle, type AppEdit } from '../../bundle/rewrite.ts';
import type { Artifact, ArtifactKind, ResourceArtifact } from '../../domain/artifact.ts';
import { ARTIFACT_KINDS } from '../../domain/artifact.ts';
import { archSuffix, fileNamePart } from '../../domain/archive-name.ts';
import { formatBase, seriesOfBase } from '../../domain/base.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import { charmRecord } from '../../domain/charm-record.ts';
import { PLAN_FORMAT, type Plan, type PlanFile, type PlanRequest, type PlanTotals } from '../../domain/plan.ts';
import { byCodeUnit, sortedBy } from '../../domain/sorted.ts';
import type { RecipeRequest } from '../recipe.ts';
import { imageArtifacts, snapArtifacts } from './artifacts.ts';
import { basesOf } from './bases.ts';
import { isLocalBundle } from './bundle-source.ts';
import { rulesOf, type Catalogue } from './catalogue.ts';
import { declaresOption } from './charm-config.ts';
import { debNeeds, pythonNeeds, type CharmOnBase } from './debs.ts';
import type { CharmFact, Facts } from './facts.ts';
import { bakedOptions, bakedResources, parseRegistry, registryOptionRows, resourceImageRows, type RegistryOptionRow } from './registry-options.ts';
import { resourceArtifacts } from './resource-artifacts.ts';
import { archiveTable, debsTable, imagesTable, pythonTable, registryTable, snapsTable } from './tables.ts';

export function planOf(facts: Facts, request: RecipeRequest, catalogue: Catalogue): Plan {
  const skip = new Set<string>(request.skip);
  const charms = uniqueBy(
    facts.charms.map(({ artifact }) => artifact),
    ({ path }) => path,
  );
  const snaps = snapArtifacts(facts.snaps);
  const images = imageArtifacts(facts.images);
  const { artifacts: resources, warnings } = skip.has('resources') ? { artifacts: [], warnings: [] } : resourceArtifacts(facts, images);
  const artifacts: Artifact[] = sortedBy([...charms, ...resources, ...snaps.artifacts, ...images], ({ path }) => path);
  const registryRows = [...registryOptionRows(facts.charms, images, facts.asked, catalogue), ...(skip.has('resources') ? [] : resourceImageRows(facts.oci))];
  const onBases = facts.charms.map(onBase);
  const files: PlanFile[] = [
    ...bundleFiles(facts, request, catalogue, registryRows, resources),
    ...(skip.has('snaps') ? [] : [snapsTable(snaps.rows)]),
    ...(skip.has('containers') ? [] : [imagesTable(images)]),
    ...(skip.has('apt') ? [] : [debsTable(debNeeds(onBases, catalogue))]),
    ...(skip.has('pypi') ? [] : [pythonTable(pythonNeeds(onBases))]),
    registryTable(registryRows),
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
    warnings: [...new Set([...facts.warnings, ...warnings])].toSorted(byCodeUnit),
    artifacts,
    files: sortedBy(
      uniqueBy(files, ({ path }) => path),
      ({ path }) => path,
    ),
    totals: totalsOf(artifacts),
  };
}

function archiveOf({ bundle }: Facts): Plan['archive'] {
  const { name, channel } = bundle;
  if (channel === undefined) return { name, track: 'local', risk: 'stable' };
  const { track, risk, branch } = channel;
  return { name, track, risk, ...(branch !== undefined && { branch }) };
}

/** Paths of this machine stay here: a local bundle or overlay goes by its name. */
function planRequest({ bundle }: Facts, request: RecipeRequest): PlanRequest {
  const { archs, base, registry, imageSources, allowIncompleteImages, snaps = [], snapChannels = {} } = request;
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
    ...(snaps.length > 0 && { snaps: snaps.map(({ name: snap, channel: wanted }) => (wanted === undefined ? snap : `${snap}=${wanted}`)) }),
    ...(Object.keys(snapChannels).length > 0 && { snapChannels: Object.entries(snapChannels).map(([snap, wanted]) => `${snap}=${wanted}`) }),
    ...(allowIncompleteImages && { allowIncompleteImages }),
  };
}

function bundleFiles(
  facts: Facts,
  request: RecipeRequest,
  catalogue: Catalogue,
  rows: readonly RegistryOptionRow[],
  resources: readonly ResourceArtifact[],
): PlanFile[] {
  const { bundle, charms } = facts;
  const baked = request.registry === undefined ? new Map<string, Record<string, string>>() : bakedOptions(rows, parseRegistry(request.registry), catalogue);
  const references = request.registry === undefined ? new Map<string, Record<string, string>>() : bakedResources(rows, parseRegistry(request.registry));
  const edits = new Map<string, AppEdit>();
  // One bundle.yaml serves one architecture; with several the first one asked for has the file of a per-architecture charm.
  for (const fact of [...charms].toReversed()) {
    for (const application of fact.applications) {
      // The first of a name: those of further architectures come after it.
      const files = resources.filter((each) => each.application === application).map(({ resource, path }) => [resource, `./${path}`] as const);
      const named = { ...Object.fromEntries(sortedBy(files.toReversed(), ([name]) => name)), ...references.get(application) };
      edits.set(application, appEdit(fact, catalogue, baked.get(application) ?? {}, named));
    }
  }
  return [
    { path: 'bundle.yaml', text: rewriteBundle(bundle.base, bundle.merged, edits) },
    { path: 'bundle.orig.yaml', text: bundle.base.text },
    ...bundle.overlays.map(({ name, text }) => ({ path: `overlays/${name}`, text: text.text })),
  ];
}

function appEdit(
  { artifact, release, base }: CharmFact,
  catalogue: Catalogue,
  baked: Readonly<Record<string, string>>,
  resources: Readonly<Record<string, string>>,
): AppEdit {
  const series = seriesOfBase(base);
  const rules = rulesOf(catalogue, release.name, parseChannel(release.channel).track).options.filter(({ option }) =>
    declaresOption(release.configYaml, option),
  );
  return {
    charm: `./${artifact.path}`,
    resources,
    ...(series !== undefined && { series }),
    base: `${formatBase(base)}/stable`,
    options: { ...Object.fromEntries(rules.map(({ option, value }) => [option, value])), ...baked },
  };
}

/** Charms from 1.29 on say `assumes: juju >= 3.1` (facts/offline-deploy.md 1.4). */
function archiveValues(facts: Facts, request: RecipeRequest): Record<string, string> {
  const { name, track, risk, branch } = archiveOf(facts);
  const applications = [...facts.bundle.merged.applications.values()];
  return {
    name,
    track,
    channel: [track, risk, ...(branch === undefined ? [] : [branch])].join('/'),
    archs: request.archs.join(','),
    trust: applications.some((application) => application?.trust === true) ? 'yes' : 'no',
    juju_min: facts.charms.some(({ files }) => /juju\s*>=\s*3\./.test(files.metadataYaml)) ? '3.1' : '2.9',
    base: [...new Set(facts.charms.map(({ base }) => formatBase(base)))].toSorted().join(','),
  };
}

function sourceFiles(facts: Facts, resources: readonly ResourceArtifact[]): PlanFile[] {
  const derived = new Set(resources.filter((each) => each.derived !== undefined).map(({ name }) => name));
  const charms = facts.charms.flatMap(({ artifact, files }) => {
    const folder = `sources/charms/${fileNamePart(artifact.name)}_r${artifact.revision}${archSuffix(artifact.arch)}`;
    const texts = { metadata: files.metadataYaml, config: files.configYaml, manifest: files.manifestYaml, layer: files.layerYaml };
    return Object.entries(texts).flatMap(([name, text]) => (text === '' ? [] : [{ path: `${folder}/${name}.yaml`, text }]));
  });
  const records = facts.charms.map(({ artifact, release }) => ({
    path: `sources/charmhub/${fileNamePart(artifact.name)}_r${artifact.revision}${archSuffix(artifact.arch)}.json`,
    // What is made here is another file than Charmhub's, and the archive has to lead to the same record again.
    text: canonicalJson(
      charmRecord({ ...release, resources: release.resources.filter(({ name, type }) => type === 'file' && !derived.has(`${release.name}/${name}`)) }),
    ),
  }));
  const snaps = facts.snaps.map(({ release: { name, revision, arch, snapYaml } }) => ({
    path: `sources/snaps/${fileNamePart(name)}_${revision}_${arch}/snap.yaml`,
    text: snapYaml,
  }));
  const indexes = facts.images.flatMap(({ resolved: { index } }) =>
    index === undefined ? [] : [planFile(`sources/images/sha256-${index.digest.hex}.json`, index.bytes)],
  );
  return [...charms, ...records, ...snaps, ...indexes, ...facts.sources.map(({ path, bytes }) => planFile(path, bytes))];
}

/** As text where the bytes are text, else base64: a raw answer must come back byte for byte. */
function planFile(path: string, bytes: Buffer): PlanFile {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { path, text } : { path, text: bytes.toString('base64'), encoding: 'base64' };
}

const onBase = ({ release, files, base }: CharmFact): CharmOnBase => ({
  charm: release.name,
  track: parseChannel(release.channel).track,
  base: formatBase(base),
  files,
});

function totalsOf(artifacts: readonly Artifact[]): PlanTotals {
  const kinds = Object.fromEntries(
    (Object.keys(ARTIFACT_KINDS) as ArtifactKind[]).flatMap((kind) => {
      const of = artifacts.filter((artifact) => artifact.kind === kind);
      return of.length === 0 ? [] : [[kind, { count: of.length, bytes: of.reduce((sum, { size }) => sum + size, 0) }]];
    }),
  );
  return { artifacts: artifacts.length, bytes: artifacts.reduce((sum, { size }) => sum + size, 0), kinds };
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
