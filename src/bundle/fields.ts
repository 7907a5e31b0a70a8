/** Reads single YAML nodes as the types of a bundle; what does not fit becomes a problem with its place, never an exception. */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Problem } from '../domain/errors.ts';
import type { Value } from './bundle.ts';
import { entries, follow, scalarText, type Tree } from './tree.ts';

export interface Reading {
  readonly tree: Tree;
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

type Read<T> = (reading: Reading, node: Node | null, what: string) => T | undefined;

export function placed(reading: Reading, node: Node | null | undefined, code: string, message: string): Problem {
  return { ...reading.tree.placeAt(node?.range?.[0] ?? 0), code, message };
}

function refuse(reading: Reading, node: Node | null, what: string, wanted: string): undefined {
  const found = isMap(node) ? 'a map' : isSeq(node) ? 'a list' : JSON.stringify(scalarText(node) ?? null);
  reading.problems.push(placed(reading, node, 'type', `${what} must be ${wanted}, not ${found}`));
  return undefined;
}

/** Null, written or left out after the colon. */
export const isNull = (node: Node | null | undefined): boolean => node === null || node === undefined || (isScalar(node) && node.value === null);

/** Any scalar as it is written, so that `1.30` keeps its zero; null is the empty text. */
export const text: Read<string> = (reading, node, what) => (isNull(node) ? '' : (scalarText(node) ?? refuse(reading, node, what, 'text')));

/** Juju cuts a fraction off and takes no text for a number. */
export const whole: Read<number> = (reading, node, what) => {
  if (isNull(node)) return 0;
  return isScalar(node) && typeof node.value === 'number' && Number.isFinite(node.value)
    ? Math.trunc(node.value)
    : refuse(reading, node, what, 'a whole number');
};

export const flag: Read<boolean> = (reading, node, what) => {
  if (isNull(node)) return false;
  return isScalar(node) && typeof node.value === 'boolean' ? node.value : refuse(reading, node, what, 'true or false');
};

export const texts: Read<readonly string[]> = (reading, node, what) => {
  if (isNull(node)) return [];
  if (!isSeq(node)) return refuse(reading, node, what, 'a list of texts');
  const items = node.items.map((item) => text(reading, follow(reading.tree, item) ?? null, what));
  return items.every((item) => item !== undefined) ? items : undefined;
};

/** A map with every value read by `read`; null where the map itself is null. */
export function mapOf<T>(reading: Reading, node: Node | null, what: string, read: Read<T>): ReadonlyMap<string, T> | null | undefined {
  if (isNull(node)) return null;
  if (!isMap(node)) return refuse(reading, node, what, 'a map');
  const found = new Map<string, T>();
  for (const { key, value } of entries(reading.tree, node)) {
    const item = read(reading, value, `${what} (key ${JSON.stringify(key)})`);
    if (item !== undefined) found.set(key, item);
  }
  return found;
}

export const textMap: Read<ReadonlyMap<string, string> | null> = (reading, node, what) => mapOf(reading, node, what, text);

/** Whatever it is, with Juju's types. */
export const value: Read<Value> = (reading, node, what) => {
  if (isNull(node)) return null;
  if (isScalar(node)) return plainValue(node.value);
  try {
    return plainValue(node?.toJS(reading.tree.document, { maxAliasCount: 100 }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // An alias of nothing, or of what it stands in, is told once, where the aliases are looked through.
    if (!reason.startsWith('Unresolved alias') && !(error instanceof RangeError)) reading.problems.push(placed(reading, node, 'yaml', `${what}: ${reason}`));
    return undefined;
  }
};

export const valueMap: Read<ReadonlyMap<string, Value> | null> = (reading, node, what) => mapOf(reading, node, what, value);

function plainValue(found: unknown): Value {
  if (typeof found === 'string' || typeof found === 'number' || typeof found === 'bigint' || typeof found === 'boolean') return found;
  if (Array.isArray(found)) return found.map(plainValue);
  if (found instanceof Uint8Array) return Buffer.from(found).toString('latin1');
  if (typeof found === 'object' && found !== null) return Object.fromEntries(Object.entries(found).map(([key, item]) => [key, plainValue(item)]));
  return null;
}
