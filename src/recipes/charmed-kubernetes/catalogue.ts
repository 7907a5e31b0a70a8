/** The catalogue of Juju bundles: bundles/images.json, bundles/charmed-kubernetes.yaml and what the user adds, read with the schema below. */
import { parse } from 'yaml';
import { ShrinkwrapError, type Problem } from '../../domain/errors.ts';
import type { CatalogueDocument } from '../recipe.ts';
import { keyProblems } from './catalogue-keys.ts';
import { list, record, string, stringMap, strings } from '../catalogue-fields.ts';
import { charmRules, snapRule, correction, codeRule, sizeRule, registryOption, range } from './catalogue-rules.ts';
import type { REGISTRY_FORMS } from './catalogue-rules.ts';
import { byTrack, type TrackRange } from './track-range.ts';

export interface SnapRule extends TrackRange {
  readonly name: string;
  /** A full channel, `option` or `track`. */
  readonly channel: string;
  readonly why?: string;
}

export interface DebRule extends TrackRange {
  readonly names: readonly string[];
  readonly origin?: string;
  /** Only where the bundle relates one of these endpoints of the charm; absent: always. */
  readonly endpoints?: readonly string[];
  readonly why?: string;
}

export interface OptionRule extends TrackRange {
  readonly option: string;
  readonly value: string;
  /** The switch of the command line with which the rule does not hold. */
  readonly unless?: 'gpu';
  /** Also what the bundle itself sets is replaced; else that stays. */
  readonly replaces: boolean;
  readonly why?: string;
}

/** The reviewed channel of a charm that does not follow Kubernetes' tracks. */
export interface ChannelRule extends TrackRange {
  readonly channel: string;
  /** `22.04`; absent: on any base. */
  readonly base?: string;
  readonly why?: string;
}

/** What makes an official overlay fit the charms of a track. */
export interface Correction extends TrackRange {
  /** Names of overlays, without `-overlay.yaml`. */
  readonly overlays: readonly string[];
  /** Relations that go, as the overlay writes them. */
  readonly remove: readonly (readonly string[])[];
  /** Application → storage as the overlay writes it → as the charm has it. */
  readonly renameStorage: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** An overlay, as text, that comes in their place; empty for none. */
  readonly add: string;
  readonly why: string;
}

export interface CharmRules {
  /** What the charm makes of `channel: auto`. */
  readonly auto?: string;
  readonly channels: readonly ChannelRule[];
  readonly snaps: readonly SnapRule[];
  readonly debs: readonly DebRule[];
  readonly options: readonly OptionRule[];
  /** What everybody who packs the charm should know. */
  readonly warning?: string;
}

export type RegistryForm = (typeof REGISTRY_FORMS)[number];

export interface RegistryOption {
  readonly option: string;
  readonly form: RegistryForm;
  /** Absent: any charm that declares the option. */
  readonly charms?: readonly string[];
  /** For `image`: the path of the image that the option names. */
  readonly match?: string;
}

/** Images that a charm's Python names. */
export interface CodeRule {
  readonly charms: readonly string[];
  /** Matches the whole name; global. */
  readonly pattern: RegExp;
  /** The option that would name it instead. */
  readonly option?: string;
}

/** Below `least` bytes the charm does not take a resource. */
export interface SizeRule {
  readonly filenames: readonly string[];
  readonly least: number;
  /** What the charm makes of an empty file; absent: it refuses that too. */
  readonly empty?: string;
  readonly why: string;
}

export interface Catalogue {
  readonly images: {
    readonly sources: readonly string[];
    readonly cdkNames: readonly string[];
    readonly bareNamesBelow: string;
    readonly lists: { readonly folder: string; readonly completeWhen: string; readonly channelOf: readonly string[] };
    readonly always: readonly { readonly image: string; readonly why: string }[];
    readonly archSuffixes: Readonly<Record<string, string>>;
    /** Paths that were given up, with the paths the same images have now. */
    readonly moved: Readonly<Record<string, string>>;
    /** Options that choose a release of a charm's manifests, the first one set wins. */
    readonly releaseOptions: readonly string[];
    readonly code: readonly CodeRule[];
    /** Charms whose images only their customers have. */
    readonly customer: readonly { readonly charms: readonly string[]; readonly why: string }[];
  };
  /** What a site without a registry starts one with. */
  readonly registry: {
    readonly image: string;
    /** Where else it can be had. */
    readonly others: readonly string[];
    /** The charm that runs it; its packages are what such a machine installs. */
    readonly charm: string;
    readonly why: string;
  };
  readonly resourceSizes: readonly SizeRule[];
  readonly alwaysSnaps: readonly SnapRule[];
  readonly snapResources: Readonly<Record<string, string>>;
  readonly registryMirrors: readonly string[];
  readonly registryOptions: readonly RegistryOption[];
  readonly reactiveDebs: readonly string[];
  /** Tracks of Kubernetes for which the rows were reviewed. */
  readonly reviewed: TrackRange;
  readonly corrections: readonly Correction[];
  readonly charms: ReadonlyMap<string, CharmRules>;
}

const NO_RULES: CharmRules = { channels: [], snaps: [], debs: [], options: [] };

/** The rules of a charm that hold on a track; the empty ones for a charm that has no row. */
export function rulesOf(catalogue: Catalogue, charm: string, track: string): CharmRules {
  const rules = catalogue.charms.get(charm) ?? NO_RULES;
  const holds = byTrack(track);
  return {
    ...rules,
    channels: rules.channels.filter(holds),
    snaps: rules.snaps.filter(holds),
    debs: rules.debs.filter(holds),
    options: rules.options.filter(holds),
  };
}

/** Later documents add charms, lists and what they say of images to earlier ones; a charm's row is replaced whole. Problems of all documents are reported together. */
export function readCatalogue(documents: readonly CatalogueDocument[]): Catalogue {
  const problems: Problem[] = [];
  const merged: Record<string, unknown> = {};
  for (const { file, text } of documents) {
    const unknown = keyProblems(text, file);
    problems.push(...unknown);
    if (unknown.length > 0) continue;
    try {
      const value = record(parse(text, { merge: true }), file);
      if (value['format'] !== 'shrinkwrap-catalogue/1') throw new Error(`${file}: format: wanted shrinkwrap-catalogue/1, found ${String(value['format'])}`);
      mergeInto(merged, value);
    } catch (error) {
      problems.push({ file, code: 'catalogue', message: error instanceof Error ? error.message : String(error) });
    }
  }
  if (problems.length === 0) {
    try {
      return decode(merged);
    } catch (error) {
      problems.push({ file: documents.map(({ file }) => file).join(', '), code: 'catalogue', message: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new ShrinkwrapError('INPUT_INVALID', { what: 'the catalogue', problems });
}

/** Their keys are replaced one by one. */
const MERGED: ReadonlySet<string> = new Set(['images', 'charms', 'snapResources']);

function mergeInto(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const present = into[key];
    if (MERGED.has(key)) into[key] = { ...(present === undefined ? {} : record(present, key)), ...record(value, key) };
    else if (Array.isArray(present) && Array.isArray(value)) into[key] = [...present, ...value];
    else into[key] = value;
  }
}

function decode(root: Record<string, unknown>): Catalogue {
  const images = record(root['images'], 'images');
  const lists = record(images['lists'], 'images.lists');
  const registry = record(root['registry'], 'registry');
  return {
    images: {
      sources: strings(images['sources'], 'images.sources'),
      cdkNames: strings(images['cdkNames'], 'images.cdkNames'),
      bareNamesBelow: string(images['bareNamesBelow'], 'images.bareNamesBelow'),
      lists: {
        folder: string(lists['folder'], 'images.lists.folder'),
        completeWhen: string(lists['completeWhen'], 'images.lists.completeWhen'),
        channelOf: strings(lists['channelOf'], 'images.lists.channelOf'),
      },
      always: list(images['always'], 'images.always', (item, path) => {
        const row = record(item, path);
        return { image: string(row['image'], `${path}.image`), why: string(row['why'], `${path}.why`) };
      }),
      archSuffixes: stringMap(images['archSuffixes'], 'images.archSuffixes'),
      moved: stringMap(images['moved'] ?? {}, 'images.moved'),
      releaseOptions: strings(images['releaseOptions'] ?? [], 'images.releaseOptions'),
      code: list(images['code'] ?? [], 'images.code', codeRule),
      customer: list(images['customer'] ?? [], 'images.customer', (item, path) => {
        const row = record(item, path);
        return { charms: strings(row['charms'], `${path}.charms`), why: string(row['why'], `${path}.why`) };
      }),
    },
    registry: {
      image: string(registry['image'], 'registry.image'),
      others: strings(registry['others'] ?? [], 'registry.others'),
      charm: string(registry['charm'], 'registry.charm'),
      why: string(registry['why'], 'registry.why'),
    },
    resourceSizes: list(root['resourceSizes'] ?? [], 'resourceSizes', sizeRule),
    alwaysSnaps: list(record(root['snaps'], 'snaps')['always'], 'snaps.always', snapRule),
    snapResources: stringMap(root['snapResources'], 'snapResources'),
    registryMirrors: strings(root['registryMirrors'], 'registryMirrors'),
    registryOptions: list(root['registryOptions'], 'registryOptions', registryOption),
    reactiveDebs: strings(record(root['reactive'], 'reactive')['debs'], 'reactive.debs'),
    reviewed: range(record(root['reviewed'] ?? {}, 'reviewed'), 'reviewed'),
    corrections: list(root['corrections'] ?? [], 'corrections', correction),
    charms: new Map(Object.entries(record(root['charms'], 'charms')).map(([name, value]) => [name, charmRules(value, `charms.${name}`)])),
  };
}
