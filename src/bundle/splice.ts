/** Changes to a text by offset: what no splice names keeps its bytes. */
import { isMap, isScalar, isSeq, type Pair } from 'yaml';
import { rangeOf } from './tree.ts';

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Splices must not overlap; insertions at one place come out in the order given. */
export function applySplices(text: string, splices: readonly Splice[], eol: string): string {
  const sorted = splices.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let at = 0;
  for (const { start, end, text: insert } of sorted) {
    if (start < at) throw new Error(`splices overlap at offset ${start}`);
    out += text.slice(at, start);
    if (start === text.length && insert !== '' && out !== '' && !out.endsWith('\n')) out += eol;
    out += insert;
    at = end;
  }
  return out + text.slice(at);
}

export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Just behind the line break that ends the line of `offset`. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at + 1;
}

/** Where a node's own content ends; a collection's range would take the comments after it along. */
export function contentEnd(node: unknown): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? rangeOf(node)[1] : Math.max(contentEnd(last.key), last.value === null ? 0 : contentEnd(last.value));
  }
  if (isSeq(node) && node.flow !== true) return node.items.length === 0 ? rangeOf(node)[1] : contentEnd(node.items.at(-1));
  return rangeOf(node)[1];
}

/** Offset just behind the line that `node` ends on; a block scalar ends with its own line break. */
export function endOfLines(text: string, node: unknown): number {
  const end = contentEnd(node);
  return end > 0 && text[end - 1] === '\n' ? end : lineEnd(text, end);
}

/** The whole lines of a pair in a block map; `undefined` when something else stands before its key. */
export function pairLines(text: string, pair: Pair<unknown, unknown>): Splice | undefined {
  const keyStart = rangeOf(pair.key)[0];
  const start = lineStart(text, keyStart);
  if (!/^ *$/.test(text.slice(start, keyStart))) return undefined;
  const end = Math.max(endOfLines(text, pair.key), pair.value === null ? 0 : endOfLines(text, pair.value));
  return { start, end, text: '' };
}

/** A scalar that stands on one line and can be replaced where it is. */
export function isInline(text: string, node: unknown): boolean {
  if (!isScalar(node) || node.tag !== undefined || node.anchor !== undefined) return false;
  const [start, end] = rangeOf(node);
  return end > start && node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED' && !text.slice(start, end).includes('\n');
}
