/** Splices for the applications of a bundle's text. */
import type { Pair, YAMLMap } from 'yaml';
import type { Application, Bundle } from './bundle.ts';
import { applicationFields, type Fields, sameApplication, withoutZeros } from './fields-of.ts';
import { endOfLines, pairLines, type Splice } from './splice.ts';
import { indentOf, isBlockMap, isTied, type Source, spliceMap } from './splice-map.ts';
import { pairYaml } from './to-yaml.ts';
import { scalarText } from './tree.ts';

/** A local charm must not keep them, not even empty; an empty `resources` is left out. */
const STRIPPED = ['channel', 'revision', 'resources'];

interface Slot {
  readonly name: string;
  readonly pair: Pair<unknown, unknown>;
  readonly lines: Splice;
  readonly was: Application;
  readonly wants: Application | undefined;
  readonly tied: boolean;
  readonly strip: readonly string[];
}

/** `undefined` when the text has to be written anew. */
export function spliceApplications(source: Source, map: YAMLMap, written: Bundle, wanted: Bundle, edited: ReadonlySet<string>): Splice[] | undefined {
  const slots = map.items.map((pair) => slotOf(source, pair, written, wanted, edited));
  if (!slots.every((slot) => slot !== undefined)) return undefined;
  // Tied applications share nodes: when one is written anew, the others lose what they point at.
  const untie = slots.some((slot) => slot.tied && changes(slot));
  const known = new Set(slots.map(({ name }) => name));
  const end = endOfLines(source.text, map);
  const added = [...wanted.applications].flatMap(([name, application]): Splice[] =>
    known.has(name) || application === null
      ? []
      : [{ start: end, end, text: pairYaml(name, applicationFields(application), indentOf(source, map), source.eol) }],
  );
  return [...slots.flatMap((slot) => spliceApplication(source, slot, indentOf(source, map), untie)), ...added];
}

function slotOf(source: Source, pair: Pair<unknown, unknown>, written: Bundle, wanted: Bundle, edited: ReadonlySet<string>): Slot | undefined {
  const name = scalarText(pair.key);
  const lines = pairLines(source.text, pair);
  const was = name === undefined ? undefined : written.applications.get(name);
  if (name === undefined || lines === undefined || was === undefined || was === null) return undefined;
  const tied = isTied(pair.key) || isTied(pair.value);
  return { name, pair, lines, was, wants: wanted.applications.get(name) ?? undefined, tied, strip: edited.has(name) ? STRIPPED : [] };
}

function changes({ pair, was, wants, strip }: Slot): boolean {
  if (wants === undefined || !sameApplication(was, wants)) return true;
  const fields = applicationFields(wants);
  return isBlockMap(pair.value) && pair.value.items.some(({ key }) => strip.includes(scalarText(key) ?? '') && !fields.has(scalarText(key) ?? ''));
}

function spliceApplication(source: Source, slot: Slot, indent: number, untie: boolean): Splice[] {
  const { name, pair, lines, was, wants, tied, strip } = slot;
  if (wants === undefined) return [lines];
  if (!changes(slot) && !(tied && untie)) return [];
  const change = { was: withoutZeros(applicationFields(was)), wants: withoutZeros(applicationFields(wants)), strip };
  const spliced = !tied && isBlockMap(pair.value) ? spliceMap(source, pair.value, change) : undefined;
  return spliced ?? [{ ...lines, text: pairYaml(name, inOrderOf(pair.value, applicationFields(wants)), indent, source.eol) }];
}

/** The fields in the order in which the text has them, new ones last. */
function inOrderOf(node: unknown, fields: Fields): Fields {
  const order = isBlockMap(node) ? node.items.map(({ key }) => scalarText(key) ?? '') : [];
  return new Map([...order.flatMap((key) => (fields.has(key) ? [[key, fields.get(key)] as const] : [])), ...fields]);
}
