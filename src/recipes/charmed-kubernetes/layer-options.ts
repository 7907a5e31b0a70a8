/** The options of a reactive charm's layers, out of its layer.yaml (facts/charmhub-juju.md 4.3, 4.4). Pure. */
import { parse } from 'yaml';

export type LayerOptions = Readonly<Record<string, unknown>>;

/** By layer; undefined for a charm that is not made of layers. */
export function layerOptions(layerYaml: string): LayerOptions | undefined {
  if (layerYaml === '') return undefined;
  const layer: unknown = parse(layerYaml, { version: '1.1', merge: true, logLevel: 'silent' });
  return mapping(mapping(layer)?.['options']) ?? {};
}

/** Texts of a list of one layer. */
export function layerTexts(layer: unknown, key: string): string[] {
  const list = mapping(layer)?.[key];
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
}

/** What layer-snap installs at the first hook, each from a channel of its own; what it takes away is none. */
export function layerSnaps(layerYaml: string): { readonly name: string; readonly channel: string }[] {
  return Object.entries(mapping(layerOptions(layerYaml)?.['snap']) ?? {}).flatMap(([name, value]) => {
    const { channel, remove } = mapping(value) ?? {};
    return remove === true ? [] : [{ name, channel: typeof channel === 'string' || typeof channel === 'number' ? String(channel) : 'latest/stable' }];
  });
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
