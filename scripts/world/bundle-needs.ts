/** What a bundle and its overlays name: charms with channels, bases and options, and the relations between them. */
import { baseOfSeries, parseBase } from '#src/domain/base.js';
import { isMapping, isScalar, listAt, type Mapping, mappingAt, optionalText, readYaml, type Scalar, textAt } from './yaml.ts';

export interface CharmUse {
  readonly name: string;
  readonly channels: Set<string>;
  readonly revisions: Set<number>;
  /** Resource → revisions that some application pins. */
  readonly pins: Map<string, Set<number>>;
  /** Versions of Ubuntu. */
  readonly bases: Set<string>;
  readonly options: Map<string, Set<Scalar>>;
  readonly applications: Set<string>;
}

export interface RelationEnd {
  readonly charm: string;
  /** Absent: Juju has to find it. */
  readonly endpoint?: string;
}

export interface BundleNeeds {
  readonly name: string | undefined;
  /** Sorted by name. */
  readonly charms: ReadonlyMap<string, CharmUse>;
  readonly relations: readonly (readonly [RelationEnd, RelationEnd])[];
  /** Default base of the bundle: `22.04`. */
  readonly base: string | undefined;
}

export interface BundleFile {
  readonly file: string;
  readonly text: string;
}

export function bundleNeeds(bundle: BundleFile, overlays: readonly BundleFile[]): BundleNeeds {
  const documents = [bundle, ...overlays].flatMap(({ file, text }) => readYaml(text, file).map((document) => ({ file, document: mappingAt(document, file) })));
  const base = documents[0]?.document ?? {};
  const charms = new Map<string, CharmUse>();
  const charmOfBase = charmsOf(base, bundle.file);
  const bundleBase = baseOf(base);
  const relations = documents.flatMap(({ file, document }) => {
    const charmOf = new Map([...charmOfBase, ...charmsOf(document, file)]);
    addUses(charms, applicationsOf(document, file), charmOf, bundleBase, file);
    return relationsOf(document, charmOf, file);
  });
  const name = optionalText(base['name'], `${bundle.file}: name`);
  return { name, base: bundleBase, charms: new Map([...charms].toSorted(([a], [b]) => (a < b ? -1 : 1))), relations };
}

const applicationsOf = (document: Mapping, file: string): [string, Mapping][] =>
  Object.entries(mappingAt(document['applications'] ?? document['services'], `${file}: applications`)).flatMap(([name, value]): [string, Mapping][] =>
    value === null ? [] : [[name, mappingAt(value, `${file}: ${name}`)]],
  );

/** Application → name of its charm, for charms of Charmhub. */
function charmsOf(document: Mapping, file: string): Map<string, string> {
  const named = applicationsOf(document, file).map(([application, { charm }]) => [application, optionalText(charm, `${file}: ${application}: charm`)] as const);
  return new Map(
    named.flatMap(([application, charm]) => (charm === undefined || /^(?:\.|\/|local:)/.test(charm) ? [] : [[application, charmName(charm).name] as const])),
  );
}

/** `calico`, `ch:calico`, `cs:~containers/calico-12`: names went flat for `containers`, others got their owner before them (facts/charmhub-juju.md 2). */
export function charmName(text: string): { readonly name: string; readonly revision?: number } {
  const match = /^cs:(?:~([^/]+)\/)?(?:[^/]+\/)?(.+?)(?:-(\d+))?$/.exec(text);
  if (match === null) return { name: text.replace(/^ch:/, '') };
  const [, owner, name = '', revision] = match;
  return { name: owner === undefined || owner === 'containers' ? name : `${owner}-${name}`, ...(revision !== undefined && { revision: Number(revision) }) };
}

function baseOf(where: Mapping): string | undefined {
  const texts = [where['base'], where['default-base'], where['series']].filter((text) => typeof text === 'string');
  return texts.map((text) => (parseBase(text) ?? baseOfSeries(text))?.channel).find((base) => base !== undefined);
}

function addUses(
  charms: Map<string, CharmUse>,
  applications: readonly [string, Mapping][],
  charmOf: ReadonlyMap<string, string>,
  bundleBase: string | undefined,
  file: string,
): void {
  for (const [application, spec] of applications) {
    const name = charmOf.get(application);
    if (name === undefined) continue;
    const use = charms.get(name) ?? {
      name,
      channels: new Set(),
      revisions: new Set(),
      pins: new Map(),
      bases: new Set(),
      options: new Map(),
      applications: new Set(),
    };
    charms.set(name, use);
    use.applications.add(application);
    for (const base of [baseOf(spec), bundleBase]) if (base !== undefined) use.bases.add(base);
    const channel = optionalText(spec['channel'], `${file}: ${application}: channel`);
    if (channel !== undefined) use.channels.add(channel);
    const revision = spec['revision'] ?? (typeof spec['charm'] === 'string' ? charmName(spec['charm']).revision : undefined);
    if (typeof revision === 'number') use.revisions.add(revision);
    for (const [resource, value] of Object.entries(mappingAt(spec['resources'], `${file}: ${application}: resources`))) {
      if (typeof value === 'number') use.pins.set(resource, (use.pins.get(resource) ?? new Set()).add(value));
    }
    for (const [option, value] of Object.entries(mappingAt(spec['options'], `${file}: ${application}: options`))) {
      if (isScalar(value)) use.options.set(option, (use.options.get(option) ?? new Set()).add(value));
    }
  }
}

function relationsOf(document: Mapping, charmOf: ReadonlyMap<string, string>, file: string): [RelationEnd, RelationEnd][] {
  return listAt(document['relations'], `${file}: relations`).flatMap((relation, index): [RelationEnd, RelationEnd][] => {
    const where = `${file}: relations[${index}]`;
    const [one, other] = isMapping(relation) ? [] : listAt(relation, where).map((end) => relationEnd(textAt(end, where), charmOf));
    return one === undefined || other === undefined ? [] : [[one, other]];
  });
}

function relationEnd(text: string, charmOf: ReadonlyMap<string, string>): RelationEnd | undefined {
  const [application = '', endpoint] = text.split(':');
  const charm = charmOf.get(application);
  return charm === undefined ? undefined : { charm, ...(endpoint !== undefined && { endpoint }) };
}
