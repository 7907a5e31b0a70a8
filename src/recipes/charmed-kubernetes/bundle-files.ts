/** The texts of the bundle in an archive: as it deploys on each architecture, and what it was made from. Pure. */
import { relocate } from '../../bundle/relocate.ts';
import { rewriteBundle, type AppEdit } from '../../bundle/rewrite.ts';
import type { Arch } from '../../domain/arch.ts';
import type { ResourceArtifact } from '../../domain/artifact.ts';
import { formatBase, seriesOfBase } from '../../domain/base.ts';
import type { PlanFile } from '../../domain/plan.ts';
import { sortedBy } from '../../domain/sorted.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { Catalogue } from './catalogue.ts';
import type { CharmFact, Facts } from './facts.ts';
import { optionRules } from './option-rules.ts';
import { bakedOptions, bakedResources, parseRegistry, type RegistryOptionRow } from './registry-options.ts';
import { resourcePaths } from './resource-artifacts.ts';

export interface BundleContext {
  readonly request: RecipeRequest;
  readonly catalogue: Catalogue;
  readonly rowsOf: (arch: Arch) => readonly RegistryOptionRow[];
  readonly resources: readonly ResourceArtifact[];
}

type Edits = ReadonlyMap<string, AppEdit>;

/** bundle.yaml is for the first architecture; another one whose charms or resources are others has a `bundle_ARCH.yaml` of its own. */
export function bundleFiles(facts: Facts, context: BundleContext): PlanFile[] {
  const { base, merged, overlays } = facts.bundle;
  // Juju from 3.0 on knows `applications` only.
  const deployable = (edits: Edits): string => rewriteBundle(base, { ...merged, legacyServices: undefined }, edits);
  const [first, ...others] = context.request.archs;
  const edits = first === undefined ? new Map<string, AppEdit>() : editsFor(first, facts, context);
  const text = deployable(edits);
  const apart = others.map((arch) => ({ path: `bundle_${arch}.yaml`, text: deployable(editsFor(arch, facts, context)) }));
  return [
    { path: 'bundle.yaml', text },
    ...apart.filter((each) => each.text !== text),
    // Local files by their places in the archive: a path of the packing machine must not travel, and a rehearsal plans from these texts.
    { path: 'bundle.orig.yaml', text: relocate(base, (application, resource) => placeIn(edits, application, resource, '.')) },
    ...overlays.map(({ name, text: overlay }) => ({
      path: `overlays/${name}`,
      text: relocate(overlay, (application, resource) => placeIn(edits, application, resource, '..')),
    })),
  ];
}

function editsFor(arch: Arch, facts: Facts, context: BundleContext): Edits {
  const { request, catalogue, rowsOf } = context;
  const registry = request.registry === undefined ? undefined : parseRegistry(request.registry);
  const options = registry === undefined ? new Map<string, Record<string, string>>() : bakedOptions(rowsOf(arch), registry, catalogue);
  const references = registry === undefined ? new Map<string, Record<string, string>>() : bakedResources(rowsOf(arch), registry);
  const charms = facts.charms.filter((charm) => charm.arch === arch);
  return new Map(
    charms.flatMap((fact) =>
      fact.applications.map((application) => {
        const baked = { options: options.get(application) ?? {}, references: references.get(application) ?? {} };
        return [application, appEdit(fact, application, facts, context, baked)] as const;
      }),
    ),
  );
}

/** What `--registry` writes into an application. */
interface Baked {
  readonly options: Readonly<Record<string, string>>;
  readonly references: Readonly<Record<string, string>>;
}

function appEdit(fact: CharmFact, application: string, facts: Facts, { request, catalogue, resources }: BundleContext, baked: Baked): AppEdit {
  const { artifact, base, arch } = fact;
  const series = seriesOfBase(base);
  const rules = optionRules(fact, application, { bundle: facts.bundle.merged, request, catalogue });
  const paths = sortedBy([...resourcePaths(resources, application, arch)], ([name]) => name).map(([name, path]) => [name, `./${path}`] as const);
  return {
    charm: `./${artifact.path}`,
    resources: { ...Object.fromEntries(paths), ...baked.references },
    ...(series !== undefined && { series }),
    base: `${formatBase(base)}/stable`,
    options: { ...Object.fromEntries(rules.map(({ option, value }) => [option, value])), ...baked.options },
  };
}

/** A charm lies relative to the text that names it, a resource to the bundle (facts/charmhub-juju.md 3.6). */
function placeIn(edits: Edits, application: string, resource: string | undefined, up: '.' | '..'): string | undefined {
  const edit = edits.get(application);
  return resource === undefined ? edit?.charm.replace(/^\./, up) : edit?.resources[resource];
}
