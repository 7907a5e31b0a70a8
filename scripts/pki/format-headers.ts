/** Headers as snapd's own signer writes them: values by indentation, empty lists and maps left out, map entries sorted (facts/snap-store.md 3.1, 3.5). */
import type { HeaderValue } from '#src/assertion/assertion.js';
import { byCodeUnit } from '#src/domain/sorted.js';

export const formatHeaders = (headers: readonly (readonly [string, HeaderValue])[]): string =>
  headers.flatMap(([name, value]) => formatEntry(`${name}:`, value, 0)).join('\n');

function formatEntry(intro: string, value: HeaderValue, indent: number): string[] {
  const below = ' '.repeat(indent + 2);
  if (typeof value === 'string') return formatText(intro, value, indent);
  if (isList(value)) return value.length === 0 ? [] : [intro, ...value.flatMap((item) => formatEntry(`${below}-`, item, indent + 2))];
  const entries = Object.entries(value).toSorted(([a], [b]) => byCodeUnit(a, b));
  return entries.length === 0 ? [] : [intro, ...entries.flatMap(([name, item]) => formatEntry(`${below}${name}:`, item, indent + 2))];
}

function formatText(intro: string, text: string, indent: number): string[] {
  if (!text.includes('\n')) return [`${intro} ${text}`];
  const prefix = ' '.repeat(indent + 4);
  return [intro, ...text.split('\n').map((line) => prefix + line)];
}

const isList = (value: HeaderValue): value is readonly HeaderValue[] => Array.isArray(value);
