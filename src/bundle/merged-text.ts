/** A merged bundle as one YAML document or as JSON, always with `applications` at the top level. */
import type { Bundle } from './bundle.ts';
import { bundleFields, type Fields } from './fields-of.ts';
import { toYaml } from './to-yaml.ts';

/**
 * One document, also when an overlay brought offers or exposed endpoints, which Juju takes from overlays only: this form is for
 * reading and comparing. What deploys is `rewriteBundle`'s.
 */
export const formatBundle = (bundle: Bundle): string => toYaml(shown(bundle));

export const bundleToJson = (bundle: Bundle): unknown => toJson(shown(bundle));

function shown(bundle: Bundle): Fields {
  const merged = bundleFields(bundle);
  const named: Fields = bundle.name === undefined || bundle.name === '' ? new Map() : new Map([['name', bundle.name]]);
  return new Map<string, unknown>([
    ...bundle.informational,
    ...named,
    ...(merged.has('applications') ? [] : [['applications', new Map()] as const]),
    ...merged,
  ]);
}

/** Integers that JavaScript cannot hold exactly become text. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), toJson(item)]));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return value;
}
