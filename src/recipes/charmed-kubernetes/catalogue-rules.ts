/** Rows of the catalogue → rules; a mistake names its place. */
import { stringify } from 'yaml';
import type { SnapRule, DebRule, OptionRule, ChannelRule, Correction, CharmRules, RegistryOption, CodeRule, SizeRule } from './catalogue.ts';
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import { list, record, string, stringMap, strings } from '../catalogue-fields.ts';
import type { TrackRange } from './track-range.ts';

export const REGISTRY_FORMS = ['custom-registries', 'registry', 'image'] as const;

export function charmRules(value: unknown, path: string): CharmRules {
  const row = record(value ?? {}, path);
  return {
    ...(row['auto'] !== undefined && { auto: string(row['auto'], `${path}.auto`) }),
    channels: list(row['channels'] ?? [], `${path}.channels`, channelRule),
    snaps: list(row['snaps'] ?? [], `${path}.snaps`, snapRule),
    debs: list(row['debs'] ?? [], `${path}.debs`, debRule),
    options: list(row['options'] ?? [], `${path}.options`, optionRule),
    ...(row['warning'] !== undefined && { warning: string(row['warning'], `${path}.warning`) }),
  };
}

export function snapRule(value: unknown, path: string): SnapRule {
  const row = record(value, path);
  return { name: string(row['name'], `${path}.name`), channel: string(row['channel'], `${path}.channel`), ...range(row, path) };
}

export function debRule(value: unknown, path: string): DebRule {
  const row = record(value, path);
  return {
    names: strings(row['names'], `${path}.names`),
    ...(row['origin'] !== undefined && { origin: string(row['origin'], `${path}.origin`) }),
    ...(row['endpoints'] !== undefined && { endpoints: strings(row['endpoints'], `${path}.endpoints`) }),
    ...range(row, path),
  };
}

export function optionRule(value: unknown, path: string): OptionRule {
  const row = record(value, path);
  const { unless, replaces = false } = row;
  if (unless !== undefined && unless !== 'gpu') throw new Error(`${path}.unless: wanted gpu, found ${JSON.stringify(unless)}`);
  if (typeof replaces !== 'boolean') throw new Error(`${path}.replaces: wanted true or false`);
  return {
    option: string(row['option'], `${path}.option`),
    value: string(row['value'], `${path}.value`),
    ...(unless !== undefined && { unless }),
    replaces,
    ...range(row, path),
  };
}

export function channelRule(value: unknown, path: string): ChannelRule {
  const row = record(value, path);
  return {
    channel: formatChannel(parseChannel(string(row['channel'], `${path}.channel`))),
    ...(row['base'] !== undefined && { base: string(row['base'], `${path}.base`) }),
    ...range(row, path),
  };
}

export function correction(value: unknown, path: string): Correction {
  const row = record(value, path);
  return {
    overlays: strings(row['overlays'], `${path}.overlays`),
    remove: list(row['remove'] ?? [], `${path}.remove`, strings),
    renameStorage: Object.fromEntries(
      Object.entries(record(row['renameStorage'] ?? {}, `${path}.renameStorage`)).map(([name, each]) => [
        name,
        stringMap(each, `${path}.renameStorage.${name}`),
      ]),
    ),
    add: row['add'] === undefined ? '' : stringify(record(row['add'], `${path}.add`)),
    ...range(row, path),
    why: string(row['why'], `${path}.why`),
  };
}

export function codeRule(value: unknown, path: string): CodeRule {
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

export function sizeRule(value: unknown, path: string): SizeRule {
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

export function registryOption(value: unknown, path: string): RegistryOption {
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

export function range(row: Record<string, unknown>, path: string): TrackRange & { why?: string } {
  return {
    ...(row['from'] !== undefined && { from: string(row['from'], `${path}.from`) }),
    ...(row['until'] !== undefined && { until: string(row['until'], `${path}.until`) }),
    ...(row['why'] !== undefined && { why: string(row['why'], `${path}.why`) }),
  };
}
