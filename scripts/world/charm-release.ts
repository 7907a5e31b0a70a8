/** One charm on one channel: what its files and its rows are made of. */
import type { Arch } from '#src/domain/arch.js';
import type { CharmUse } from './bundle-needs.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { isMapping, isScalar, listAt, type Mapping, mappingAt, optionalText, type Scalar, textAt, textsAt } from './yaml.ts';

export type CharmStyle = 'reactive' | 'ops' | 'classic';

export interface CharmOption {
  readonly name: string;
  readonly type: string;
  readonly default?: Scalar;
}

export interface CharmResource {
  readonly name: string;
  readonly filename: string;
  /** Published without content, as Charmhub has it (facts/charmhub-juju.md 4.6). */
  readonly empty: boolean;
  /** An oci-image resource: the image it refers to. */
  readonly image?: string;
}

/** `upstream/NAME/version` and `upstream/NAME/manifests/VERSION/FILE`. */
export interface CharmManifest {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  /** The images are named with their digests. */
  readonly pinned: boolean;
  readonly images: readonly string[];
}

export interface CharmRelease {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  /** Full. */
  readonly channel: string;
  readonly track: string;
  /** Absent: one revision serves every architecture. */
  readonly arch?: Arch;
  /** Versions of Ubuntu, sorted. */
  readonly bases: readonly string[];
  readonly applications: readonly string[];
  readonly summary: string;
  readonly style: CharmStyle;
  readonly subordinate: boolean;
  readonly endpoints: readonly Endpoint[];
  readonly options: readonly CharmOption[];
  readonly resources: readonly CharmResource[];
  /** Resource → revisions beside the channel's, for bundles that pin them. */
  readonly pins: ReadonlyMap<string, ReadonlySet<number>>;
  readonly manifests: readonly CharmManifest[];
  /** File → images that this template names behind a registry. */
  readonly templates: ReadonlyMap<string, readonly string[]>;
  /** Images that the code asks for by name. */
  readonly images: readonly string[];
  readonly actions: readonly string[];
  /** Snap → `option`, `track` or a channel. */
  readonly snaps: ReadonlyMap<string, string>;
  readonly autoChannel: string | undefined;
  readonly layers: Mapping | undefined;
  readonly storage: Mapping;
  readonly branchFile: string | undefined;
}

export type ReleasePlace = Pick<CharmRelease, 'name' | 'id' | 'revision' | 'channel' | 'track' | 'bases'> & { readonly arch?: Arch };

/** `added` are endpoints that relations ask for; options that the bundle sets are declared too. */
export function charmRelease(place: ReleasePlace, block: Mapping, use: CharmUse, added: readonly Endpoint[]): CharmRelease {
  const { name, track } = place;
  const known = endpointsOf(block, name);
  const style = styleOf(block['style'], name);
  return {
    ...place,
    applications: [...use.applications].toSorted(),
    summary: optionalText(block['summary'], name) ?? `The charm ${name}`,
    style,
    subordinate: block['subordinate'] === true,
    endpoints: [...known, ...added.filter((endpoint) => known.every((present) => present.name !== endpoint.name))],
    options: optionsOf(mappingAt(block['options'], `${name}: options`), use, track),
    pins: use.pins,
    resources: Object.entries(mappingAt(block['resources'], `${name}: resources`)).map(([resource, spec]) => resourceOf(resource, spec, name)),
    manifests: Object.entries(mappingAt(block['manifests'], `${name}: manifests`)).map(([manifest, spec]) => manifestOf(manifest, mappingAt(spec, name))),
    templates: new Map(
      Object.entries(mappingAt(block['templates'], `${name}: templates`)).map(([file, images]) => [file, textsAt(images, `${name}: templates: ${file}`)]),
    ),
    images: textsAt(block['images'], `${name}: images`),
    actions: textsAt(block['actions'], `${name}: actions`),
    snaps: new Map(Object.entries(mappingAt(block['snaps'], `${name}: snaps`)).map(([snap, rule]) => [snap, textAt(rule, `${name}: snaps: ${snap}`)])),
    autoChannel: optionalText(block['auto'], name),
    layers: style === 'reactive' ? mappingAt(block['layers'], `${name}: layers`) : undefined,
    storage: mappingAt(block['storage'], `${name}: storage`),
    branchFile: optionalText(block['branchFile'], name),
  };
}

function styleOf(value: unknown, where: string): CharmStyle {
  if (value === undefined) return 'ops';
  if (value === 'reactive' || value === 'ops' || value === 'classic') return value;
  throw new TypeError(`${where}: style: wanted reactive, ops or classic`);
}

function optionsOf(known: Mapping, use: CharmUse, track: string): CharmOption[] {
  const declared = Object.entries(known).map(([name, spec]) => widened(optionOf(name, spec, track), [...(use.options.get(name) ?? [])]));
  const names = new Set(declared.map(({ name }) => name));
  const set = [...use.options].filter(([name]) => !names.has(name)).map(([name, values]) => ({ name, type: typeOf([...values]) }));
  return [...declared, ...set].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A bare value is the default and tells the type. */
function optionOf(name: string, spec: unknown, track: string): CharmOption {
  const value = isMapping(spec) ? spec['default'] : spec;
  const fallback = isScalar(value) ? { default: typeof value === 'string' ? value.replaceAll('{track}', track) : value } : {};
  return { name, type: isMapping(spec) ? textAt(spec['type'], name) : typeOf([isScalar(value) ? value : '']), ...fallback };
}

/** A bundle that sets an option to what the type would refuse still has to hold: then its values decide (facts/charmhub-juju.md 3.3). */
function widened(option: CharmOption, values: readonly Scalar[]): CharmOption {
  const fits: Readonly<Record<string, (value: Scalar) => boolean>> = {
    string: (value) => typeof value === 'string',
    int: (value) => typeof value === 'number',
    float: (value) => typeof value === 'number',
    boolean: (value) => typeof value === 'boolean' || /^(?:true|false)$/i.test(String(value)),
  };
  return values.every((value) => fits[option.type]?.(value) === true) ? option : { name: option.name, type: typeOf(values) };
}

/** The type that takes every value; Juju's names. */
function typeOf(values: readonly Scalar[]): string {
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  if (values.every((value) => Number.isInteger(value))) return 'int';
  return values.every((value) => typeof value === 'number') ? 'float' : 'string';
}

function resourceOf(name: string, spec: unknown, where: string): CharmResource {
  const image = isMapping(spec) ? optionalText(spec['image'], `${where}: ${name}`) : undefined;
  if (image !== undefined) return { name, filename: `${name}.json`, empty: false, image };
  const filename = textAt(isMapping(spec) ? spec['filename'] : spec, `${where}: ${name}`);
  return { name, filename, empty: filename.endsWith('.snap') || (isMapping(spec) && spec['empty'] === true) };
}

const manifestOf = (name: string, spec: Mapping): CharmManifest => ({
  name,
  version: textAt(spec['version'], name),
  file: textAt(spec['file'], name),
  pinned: spec['pinned'] === true,
  images: listAt(spec['images'], name).map((image) => textAt(image, name)),
});
