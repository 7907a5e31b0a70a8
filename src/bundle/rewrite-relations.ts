/** Splices for the relations of a bundle's text: overlays only cut some out and append others. */
import { isSeq, type Pair } from 'yaml';
import type { Relation } from './bundle.ts';
import { sameFields } from './fields-of.ts';
import { endOfLines, lineStart, pairLines, type Splice } from './splice.ts';
import { isTied, type Source } from './splice-map.ts';
import { pairYaml, toYaml } from './to-yaml.ts';
import { rangeOf } from './tree.ts';

/** `undefined` when the place of the list itself cannot be told. */
export function spliceRelations(source: Source, pair: Pair<unknown, unknown>, was: readonly Relation[], wants: readonly Relation[]): Splice[] | undefined {
  if (sameFields(was, wants)) return [];
  const lines = pairLines(source.text, pair);
  if (lines === undefined) return undefined;
  const kept = keptOf(was, wants);
  const appended = wants.slice(kept.filter(Boolean).length);
  const spliced = kept.some(Boolean) ? spliceItems(source, pair.value, kept, appended) : undefined;
  return spliced ?? [{ ...lines, text: wants.length === 0 ? '' : pairYaml('relations', wants, 0, source.eol) }];
}

/** Which of the old ones still stand at the head of the new list, in order. */
function keptOf(was: readonly Relation[], wants: readonly Relation[]): boolean[] {
  let next = 0;
  return was.map((relation) => {
    const keep = next < wants.length && sameFields(relation, wants[next]);
    if (keep) next += 1;
    return keep;
  });
}

function spliceItems(source: Source, list: unknown, kept: readonly boolean[], appended: readonly Relation[]): Splice[] | undefined {
  if (!isSeq(list) || list.flow === true || isTied(list) || list.items.length !== kept.length) return undefined;
  const dash = new RegExp('^( *)-[ ]+$');
  const places = list.items.map((item) => {
    const [begin] = rangeOf(item);
    const start = lineStart(source.text, begin);
    const indent = dash.exec(source.text.slice(start, begin))?.[1]?.length;
    return indent === undefined ? undefined : { start, end: endOfLines(source.text, item), indent };
  });
  if (!places.every((place) => place !== undefined)) return undefined;
  const indent = places[0]?.indent ?? 0;
  const end = endOfLines(source.text, list);
  const text = appended.map((relation) => itemYaml(relation, indent, source.eol)).join('');
  const cut = places.flatMap(({ start, end: stop }, index) => (kept[index] === true ? [] : [{ start, end: stop, text: '' }]));
  return text === '' ? cut : [...cut, { start: end, end, text }];
}

/** `- - a` over `  - b`, moved right by `indent`. */
function itemYaml(relation: Relation, indent: number, eol: string): string {
  const lines = toYaml([relation]).split('\n');
  return lines.map((line) => (line === '' ? line : ' '.repeat(indent) + line)).join(eol);
}
