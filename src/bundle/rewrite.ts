/** The merged bundle as a text that deploys: the base's own bytes wherever nothing changed (design 6, facts/charmhub-juju.md 3.8). */
import { isMap, type Pair, type YAMLMap } from 'yaml';
import type { Bundle } from './bundle.ts';
import { type AppEdit, editBundle } from './edit.ts';
import { bundleFields, type Fields, sameBundle } from './fields-of.ts';
import { formatBundle } from './merged-text.ts';
import { mergeBundle } from './overlay.ts';
import { splitSections } from './overlay-section.ts';
import { type BundlePart, type BundleText, readBundle } from './read.ts';
import { repeatedKeys } from './repeated-keys.ts';
import { spliceApplications } from './rewrite-applications.ts';
import { spliceRelations } from './rewrite-relations.ts';
import { applySplices, contentEnd, pairLines, type Splice } from './splice.ts';
import { isBlockMap, isNamedFromOutside, type Source, spliceMap } from './splice-map.ts';
import { follow, rangeOf, scalarText } from './tree.ts';

export type { AppEdit } from './edit.ts';

/** `merged` is what `source` and its overlays merge to; every document of the source ends up in one. */
export function rewriteBundle(source: BundleText, merged: Bundle, edits: ReadonlyMap<string, AppEdit>): string {
  const wanted = editBundle(merged, edits);
  const { base, overlay } = splitSections(wanted);
  const text = spliced(source.base, base, new Set(edits.keys())) ?? formatBundle(base);
  const whole = overlay === '' ? text : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${overlay}`;
  const again = readBundle(whole, source.file);
  const reread = mergeBundle(
    again.base.bundle,
    again.overlays.map((part) => part.bundle),
  );
  if (!sameBundle(reread, wanted)) throw new Error('the rewritten bundle does not say what it should');
  return whole;
}

/** Top-level keys whose value is replaced as a whole or pair by pair; the two lists of a bundle have rules of their own. */
const PLAIN_KEYS = ['series', 'default-base', 'bundle', 'machines', 'saas'];

function spliced(part: BundlePart, wanted: Bundle, edited: ReadonlySet<string>): string | undefined {
  const root = part.tree.document.contents;
  const full = part.tree.text;
  // A place of a key that comes again would have to be chosen.
  if (!isBlockMap(root) || repeatedKeys(part.tree).length > 0) return undefined;
  const source: Source = { text: firstDocument(full, contentEnd(root)), eol: full.includes('\r\n') ? '\r\n' : '\n' };
  const applications = pairOf(root, part.bundle.legacyServices === true ? 'services' : 'applications');
  if (applications === undefined || !isBlockMap(applications.value)) return undefined;
  const pick = (bundle: Bundle): Fields => new Map([...bundleFields(bundle)].filter(([key]) => PLAIN_KEYS.includes(key)));
  const plain = spliceMap(source, root, { was: pick(part.written), wants: pick(wanted) });
  const inside = spliceApplications(source, applications.value, part.written, wanted, edited);
  const relations = relationSplices(source, root, part.written, wanted);
  if (plain === undefined || inside === undefined || relations === undefined) return undefined;
  // Insertions at one place come out in this order: what belongs to the deeper map first.
  const renamed = part.bundle.legacyServices === true && wanted.legacyServices !== true ? [renamedKey(applications)] : [];
  const splices = [...inside, ...relations, ...plain, ...renamed];
  if (splices.length > 0 && touchesNamed(part, root, source, splices)) return undefined;
  return applySplices(source.text, splices, source.eol);
}

/** `services` is what Juju up to 2.9 called them. */
function renamedKey({ key }: Pair<unknown, unknown>): Splice {
  const [start, end] = rangeOf(key);
  return { start, end, text: 'applications' };
}

const pairOf = (map: YAMLMap, key: string): Pair<unknown, unknown> | undefined => map.items.find((pair) => scalarText(pair.key) === key);

function relationSplices(source: Source, root: YAMLMap, written: Bundle, wanted: Bundle): Splice[] | undefined {
  const pair = pairOf(root, 'relations');
  if (pair !== undefined) return spliceRelations(source, pair, written.relations, wanted.relations);
  const wants: Fields = wanted.relations.length === 0 ? new Map() : new Map([['relations', wanted.relations]]);
  return written.relations.length > 0 ? undefined : spliceMap(source, root, { was: new Map(), wants });
}

/** Text of the first document without the separator that follows it. */
function firstDocument(text: string, contentsEnd: number): string {
  const found = /^(?:---|\.\.\.)(?=\s|$)/m.exec(text.slice(contentsEnd));
  return found === null ? text : text.slice(0, contentsEnd + found.index);
}

/** Whether a top-level pair that gets a splice holds an anchor that another pair uses. */
function touchesNamed(part: BundlePart, root: YAMLMap, source: Source, splices: readonly Splice[]): boolean {
  return root.items.some((pair) => {
    const lines = pairLines(source.text, pair);
    if (lines === undefined || !isMap(root)) return true;
    if (!splices.some(({ start, end }) => end > start && start < lines.end && end > lines.start)) return false;
    return isNamedFromOutside(root, lines, (alias) => follow(part.tree, alias));
  });
}
