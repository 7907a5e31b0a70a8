/** The catalogue of Juju bundles: bundles/charmed-kubernetes.yaml and what the user adds, read with the schema below. */
import { parse } from 'yaml';
import { ShrinkwrapError, type Problem } from '../../domain/errors.ts';
import type { CatalogueDocument } from '../recipe.ts';
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
  readonly why?: string;
}

export interface OptionRule extends TrackRange {
  readonly option: string;
  readonly value: string;
  readonly why?: string;
}

export interface CharmRules {
  /** What the charm makes of `channel: auto`. */
  readonly auto?: string;
  readonly snaps: readonly SnapRule[];
  readonly debs: readonly DebRule[];
  readonly options: readonly OptionRule[];
}

export const REGISTRY_FORMS = ['custom-registries', 'registry', 'image'] as const;
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
  readonly resourceSizes: readonly SizeRule[];
  readonly alwaysSnaps: readonly SnapRule[];
  readonly snapResources: Readonly<Record<string, string>>;
  readonly registryMirrors: readonly string[];
  readonly registryOptions: readonly RegistryOption[];
  readonly reactiveDebs: readonly string[];
  readonly charms: ReadonlyMap<string, CharmRules>;
}

const NO_RULES: CharmRules = { snaps: [], debs: [], options: [] };

/** The rules of a charm that hold on a track; the empty ones for a charm that has no row. */
export function rulesOf(catalogue: Catalogue, charm: string, track: string): CharmRules {
  const rules = catalogue.charms.get(charm) ?? NO_RULES;
  const holds = byTrack(track);
  return { ...rules, snaps: rules.snaps.filter(holds), debs: rules.debs.filter(holds), options: rules.options.filter(holds) };
}

/** Later documents add charms and lists to earlier ones; a charm's row is replaced whole. Problems of all documents are reported together. */
export function readCatalogue(documents: readonly CatalogueDocument[]): Catalogue {
  const problems: Problem[] = [];
  const merged: Record<string, unknown> = {};
  for (const { file, text } of documents) {
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

function mergeInto(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const present = into[key];
    if (key === 'charms' || key === 'snapResources') into[key] = { ...(present === undefined ? {} : record(present, key)), ...record(value, key) };
    else if (Array.isArray(present) && Array.isArray(value)) into[key] = [...present, ...value];
    else into[key] = value;
  }
}

function decode(root: Record<string, unknown>): Catalogue {
  const images = record(root['images'], 'images');
  const lists = record(images['lists'], 'images.lists');
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
    resourceSizes: list(root['resourceSizes'] ?? [], 'resourceSizes', sizeRule),
    alwaysSnaps: list(record(root['snaps'], 'snaps')['always'], 'snaps.always', snapRule),
    snapResources: stringMap(root['snapResources'], 'snapResources'),
    registryMirrors: strings(root['registryMirrors'], 'registryMirrors'),
    registryOptions: list(root['registryOptions'], 'registryOptions', registryOption),
    reactiveDebs: strings(record(root['reactive'], 'reactive')['debs'], 'reactive.debs'),
    charms: new Map(Object.entries(record(root['charms'], 'charms')).map(([name, value]) => [name, charmRules(value, `charms.${name}`)])),
  };
}

function charmRules(value: unknown, path: string): CharmRules {
  const row = record(value ?? {}, path);
  return {
    ...(row['auto'] !== undefined && { auto: string(row['auto'], `${path}.auto`) }),
    snaps: list(row['snaps'] ?? [], `${path}.snaps`, snapRule),
    debs: list(row['debs'] ?? [], `${path}.debs`, debRule),
    options: list(row['options'] ?? [], `${path}.options`, optionRule),
  };
}

function snapRule(value: unknown, path: string): SnapRule {
  const row = record(value, path);
  return { name: string(row['name'], `${path}.name`), channel: string(row['channel'], `${path}.channel`), ...range(row, path) };
}

function debRule(value: unknown, path: string): DebRule {
  const row = record(value, path);
  return {
    names: strings(row['names'], `${path}.names`),
    ...(row['origin'] !== undefined && { origin: string(row['origin'], `${path}.origin`) }),
    ...range(row, path),
  };
}

function optionRule(value: unknown, path: string): OptionRule {
  const row = record(value, path);
  return { option: string(row['option'], `${path}.option`), value: string(row['value'], `${path}.value`), ...range(row, path) };
}

function codeRule(value: unknown, path: string): CodeRule {
  const row = record(value, path);
  const pattern = expression(string(row['pattern'], `${path}.pattern`), `${path}.pattern`);
  return { charms: strings(row['charms'], `${path}.charms`), pattern, ...(row['option'] !== undefined && { option: string(row['option'], `${path}.option`) }) };
}

function expression(text: string, path: string): RegExp {
  try {
    return new RegExp(text, 'g');
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function sizeRule(value: unknown, path: string): SizeRule {
  const row = record(value, path);
  const { least } = row;
  if (typeof least !== 'number' || !Number.isSafeInteger(least)) throw new Error(`${path}.least: wanted bytes, found ${JSON.stringify(least)}`);
  return {
    filenames: strings(row['filenames'], `${path}.filenames`),
    least,
    ...(row['empty'] !== undefined && { empty: string(row['empty'], `${path}.empty`) }),
    why: string(row['why'], `${path}.why`),
  };
}

function registryOption(value: unknown, path: string): RegistryOption {
  const row = record(value, path);
  const form = REGISTRY_FORMS.find((known) => known === row['form']);
  if (form === undefined) throw new Error(`${path}.form: wanted one of ${REGISTRY_FORMS.join(', ')}, found ${String(row['form'])}`);
  return {
    option: string(row['option'], `${path}.option`),
    form,
    ...(row['charms'] !== undefined && { charms: strings(row['charms'], `${path}.charms`) }),
    ...(row['match'] !== undefined && { match: string(row['match'], `${path}.match`) }),
  };
}

function range(row: Record<string, unknown>, path: string): TrackRange & { why?: string } {
  return {
    ...(row['from'] !== undefined && { from: string(row['from'], `${path}.from`) }),
    ...(row['until'] !== undefined && { until: string(row['until'], `${path}.until`) }),
    ...(row['why'] !== undefined && { why: string(row['why'], `${path}.why`) }),
  };
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${path}: wanted a mapping`);
  return value as Record<string, unknown>;
}

function string(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${path}: wanted text (quote numbers), found ${JSON.stringify(value)}`);
  return value;
}

function list<T>(value: unknown, path: string, item: (value: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new Error(`${path}: wanted a list`);
  return value.map((each, index) => item(each, `${path}[${index}]`));
}

const strings = (value: unknown, path: string): string[] => list(value, path, string);

const stringMap = (value: unknown, path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(record(value, path)).map(([key, each]) => [key, string(each, `${path}.${key}`)]));
