/** One YAML document as nodes with places: parsing under Juju's dialect, aliases and merge keys followed. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  type Tags,
  type YAMLMap,
} from 'yaml';
import type { Problem } from '../domain/errors.ts';
import { readNumber } from './read-number.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Tree {
  readonly file: string;
  /** Text of the whole file: node ranges are offsets into it. */
  readonly text: string;
  readonly document: Document.Parsed<ParsedNode>;
  placeAt(offset: number): Place;
}

export interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  /** Aliases followed; null where nothing is written. */
  readonly value: Node | null;
}

const INT = 'tag:yaml.org,2002:int';
const FLOAT = 'tag:yaml.org,2002:float';
const OTHERWISE_READ = [INT, FLOAT, 'tag:yaml.org,2002:timestamp'];
const number = { default: true, test: /^[-+.0-9]/, resolve: (text: string): number | bigint | string => readNumber(text) ?? text };

/** The dialect of Juju's parser (a fork of yaml.v2): YAML 1.1 booleans and merge keys, numbers of its own, and a date in a value stays the text it was. */
const jujuTags = (tags: Tags): Tags => [
  ...tags.filter((tag) => typeof tag === 'string' || !OTHERWISE_READ.includes(tag.tag)),
  { ...number, tag: INT },
  { ...number, tag: FLOAT },
];

/** All documents of a file, and what is wrong with its YAML. */
export function parseTrees(text: string, file: string): { trees: Tree[]; problems: Problem[] } {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
    customTags: jujuTags,
  });
  const trees = [...documents].map((document): Tree => ({ file, text, document, placeAt }));
  const problems = trees.flatMap(({ document }) =>
    document.errors.map((error): Problem => ({ ...placeAt(error.pos[0]), code: 'yaml', message: error.message })),
  );
  return { trees, problems };
}

/** The node itself, or what an alias stands for; `undefined` for an alias of nothing. */
export function follow(tree: Tree, node: unknown): Node | null | undefined {
  let found = node;
  for (let hops = 0; isAlias(found) && hops < 100; hops += 1) found = (found satisfies Alias).resolve(tree.document);
  return isAlias(found) ? undefined : isNodeLike(found) ? found : found === undefined ? undefined : null;
}

const isNodeLike = (node: unknown): node is Node => isScalar(node) || isMap(node) || isSeq(node);

export const isMergeKey = (key: unknown): boolean => isScalar(key) && typeof key.value === 'symbol';

/** Offsets of a node's content, `[0, 0]` for what has no place. */
export const rangeOf = (node: unknown): readonly [number, number] => {
  const range = isNode(node) ? node.range : undefined;
  return [range?.[0] ?? 0, range?.[1] ?? 0];
};

/** Text of a key or a scalar as written, quotes resolved: what Juju puts into a string field. */
export function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  return node.source ?? (typeof node.value === 'string' ? node.value : '');
}

/** Keys and values; of a key that comes again the last one counts, be it the map's own or brought by a merge key, as in Juju's parser. */
export function entries(tree: Tree, map: YAMLMap): readonly Entry[] {
  const known = readEntries.get(map);
  if (known !== undefined) return known;
  // Stands until the map has been read, so that a map merged into itself ends.
  readEntries.set(map, []);
  const found = findEntries(tree, map);
  readEntries.set(map, found);
  return found;
}

/** Maps merged into maps merged into maps would else be read again and again, ten times ten times ten. */
const readEntries = new WeakMap<YAMLMap, readonly Entry[]>();

function findEntries(tree: Tree, map: YAMLMap): Entry[] {
  const found = new Map<string, Entry>();
  for (const pair of map.items) {
    if (isMergeKey(pair.key)) {
      for (const entry of mergedEntries(tree, pair.value)) found.set(entry.key, entry);
      continue;
    }
    const keyNode = follow(tree, pair.key);
    const key = scalarText(keyNode);
    if (keyNode === null || keyNode === undefined || key === undefined) continue;
    found.set(key, { key, keyNode, value: pair.value === null ? null : (follow(tree, pair.value) ?? null) });
  }
  return [...found.values()];
}

function mergedEntries(tree: Tree, value: unknown): readonly Entry[] {
  const node = follow(tree, value);
  if (isMap(node)) return entries(tree, node);
  // The first map of a list wins, so it has to come last into the Map above.
  if (isSeq(node)) return node.items.toReversed().flatMap((item) => mergedEntries(tree, item));
  return [];
}

/** Where a path of keys and indices stands; the deepest part of it that exists. */
export function locate(tree: Tree, path: readonly (string | number)[]): Place | undefined {
  let node: Node | null | undefined = tree.document.contents;
  let offset: number | undefined;
  for (const step of path) {
    const found: { keyNode: Node; value: Node | null } | undefined = stepInto(tree, node, step);
    if (found === undefined) return undefined;
    offset = found.keyNode.range?.[0];
    node = found.value;
  }
  return offset === undefined ? undefined : tree.placeAt(offset);
}

function stepInto(tree: Tree, node: Node | null | undefined, step: string | number): { keyNode: Node; value: Node | null } | undefined {
  const here = follow(tree, node);
  if (isMap(here)) return entries(tree, here).find(({ key }) => key === String(step));
  if (!isSeq(here) || typeof step !== 'number') return undefined;
  const item = follow(tree, here.items[step]);
  return item === null || item === undefined ? undefined : { keyNode: item, value: item };
}
