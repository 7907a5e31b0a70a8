/** Turns the block map of a text from what it says into what it shall say, touching only the pairs that differ. */
import { isAlias, isMap, isNode, isScalar, type Node, visit, type YAMLMap } from 'yaml';
import { type Fields, sameFields } from './fields-of.ts';
import { endOfLines, isInline, lineStart, pairLines, type Splice } from './splice.ts';
import { pairYaml, toScalarYaml } from './to-yaml.ts';
import { rangeOf, scalarText } from './tree.ts';

export interface Source {
  readonly text: string;
  readonly eol: string;
}

export interface Change {
  readonly was: Fields;
  readonly wants: Fields;
  /** Keys that go although they say nothing, `resources: {}` for one. */
  readonly strip?: readonly string[];
}

/** Aliases, anchors, tags and merge keys tie places of a text together; such nodes are written anew instead of spliced. */
export function isTied(node: unknown): boolean {
  let tied = false;
  if (!isNode(node)) return false;
  visit(node, {
    Node: (_, found) => {
      if (isAlias(found) || found.anchor !== undefined || found.tag !== undefined || (isScalar(found) && typeof found.value === 'symbol')) tied = true;
      return tied ? visit.BREAK : undefined;
    },
  });
  return tied;
}

export const isBlockMap = (node: unknown): node is YAMLMap => isMap(node) && node.flow !== true && node.items.length > 0;

/** Column of the map's keys. */
export function indentOf(source: Source, map: YAMLMap): number {
  const start = rangeOf(map.items[0]?.key)[0];
  return start - lineStart(source.text, start);
}

/** `undefined` when the style of the text leaves no room for splices. */
export function spliceMap(source: Source, map: YAMLMap, { was, wants, strip = [] }: Change): Splice[] | undefined {
  const splices: Splice[] = [];
  const own = new Set<string>();
  for (const pair of map.items) {
    const key = scalarText(pair.key);
    const lines = pairLines(source.text, pair);
    if (key === undefined || lines === undefined || (isScalar(pair.key) && typeof pair.key.value === 'symbol')) return undefined;
    own.add(key);
    if (was.has(key) === wants.has(key) && sameFields(was.get(key), wants.get(key)) && (wants.has(key) || !strip.includes(key))) continue;
    if (!wants.has(key)) splices.push(lines);
    else splices.push(...spliceValue(source, { key, node: pair.value, lines, indent: indentOf(source, map) }, was.get(key), wants.get(key)));
  }
  const missing = [...wants].filter(([key, value]) => !own.has(key) && !(was.has(key) && sameFields(was.get(key), value)));
  if (missing.some(([key]) => was.has(key))) return undefined;
  const end = endOfLines(source.text, map);
  const added = missing.map(([key, value]) => ({ start: end, end, text: pairYaml(key, value, indentOf(source, map), source.eol) }));
  return [...splices, ...added];
}

interface Slot {
  readonly key: string;
  readonly node: unknown;
  readonly lines: Splice;
  readonly indent: number;
}

function spliceValue(source: Source, { key, node, lines, indent }: Slot, was: unknown, wants: unknown): Splice[] {
  const scalar = toScalarYaml(wants);
  if (scalar !== undefined && isInline(source.text, node)) {
    const [start, end] = rangeOf(node);
    return [{ start, end, text: scalar }];
  }
  const inner = was instanceof Map && wants instanceof Map && isBlockMap(node) ? spliceMap(source, node, { was, wants }) : undefined;
  return inner ?? [{ ...lines, text: pairYaml(key, wants, indent, source.eol) }];
}

/** Whether an alias outside `inside` stands for something within it, so that rewriting it would break the alias. */
export function isNamedFromOutside(root: Node, inside: { readonly start: number; readonly end: number }, resolve: (alias: Node) => unknown): boolean {
  let found = false;
  const within = (offset: number): boolean => offset >= inside.start && offset < inside.end;
  visit(root, {
    Alias: (_, alias) => {
      if (!within(rangeOf(alias)[0]) && within(rangeOf(resolve(alias))[0])) found = true;
    },
  });
  return found;
}
