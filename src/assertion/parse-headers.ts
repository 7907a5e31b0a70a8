/** The header block of an assertion: text, lists and maps by indentation (facts/snap-store.md 3.1). Called by decode-stream.ts. */
import { isUtf8 } from 'node:buffer';
import type { HeaderMap, HeaderValue } from './assertion.ts';
import { malformed, quoted } from './malformed.ts';

const NAME = /^[a-z](?:-?[a-z0-9])*$/;

/** Lines of one block with the place of reading. */
interface Block {
  readonly what: string;
  readonly lines: readonly string[];
  at: number;
}

export function parseHeaders(head: Buffer, what: string): HeaderMap {
  if (!isUtf8(head)) return malformed(what, 'header is not utf8');
  const text = head.toString('utf8');
  // A carriage return would end up inside the values and make every later comparison fail in a way nobody can see.
  if (text.includes('\r')) return malformed(what, 'header holds a carriage return: lines end with LF alone');
  const block: Block = { what, lines: text.split('\n'), at: 0 };
  const headers = new Map<string, HeaderValue>();
  while (block.at < block.lines.length) {
    const line = block.lines[block.at] ?? '';
    const { name, rest } = splitEntry(block, line, 'header entry', 'header name');
    block.at += 1;
    const value = readValue(block, line, rest, 0);
    if (headers.has(name)) return malformed(what, `repeated header: ${quoted(name)}`);
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

function splitEntry(block: Block, entry: string, entryWord: string, nameWord: string): { name: string; rest: string } {
  const colon = entry.indexOf(':');
  if (colon < 0) return malformed(block.what, `${entryWord} missing ':' separator: ${quoted(entry)}`);
  const name = entry.slice(0, colon);
  if (!NAME.test(name)) return malformed(block.what, `invalid ${nameWord}: ${quoted(name)}`);
  return { name, rest: entry.slice(colon + 1) };
}

/** What follows an introduction (`name:`, `  -`): a value on the same line, or a block whose first line tells its kind. */
function readValue(block: Block, line: string, rest: string, indent: number): HeaderValue {
  if (rest !== '') {
    if (rest.startsWith(' ')) return rest.slice(1);
    return malformed(block.what, `header entry should have a space or newline (for multiline) before value: ${quoted(line)}`);
  }
  const next = block.lines[block.at];
  if (next?.startsWith(' '.repeat(indent + 2)) === true) {
    const mark = next[indent + 2];
    if (mark === '-') return readList(block, indent);
    if (mark !== undefined && mark !== ' ') return readMap(block, indent);
  }
  return readText(block, line, indent);
}

function readText(block: Block, intro: string, indent: number): string {
  const prefix = ' '.repeat(indent + 4);
  const first = block.at;
  while (block.lines[block.at]?.startsWith(prefix) === true) block.at += 1;
  if (block.at === first) {
    const found = block.lines[first];
    return malformed(
      block.what,
      `expected ${prefix.length} chars nesting prefix after multiline introduction ${quoted(intro)}: ${found === undefined ? 'EOF' : quoted(found)}`,
    );
  }
  return block.lines
    .slice(first, block.at)
    .map((line) => line.slice(prefix.length))
    .join('\n');
}

function readList(block: Block, indent: number): HeaderValue[] {
  const prefix = `${' '.repeat(indent)}  -`;
  const items: HeaderValue[] = [];
  for (let line = block.lines[block.at]; line?.startsWith(prefix) === true; line = block.lines[block.at]) {
    block.at += 1;
    items.push(readValue(block, line, line.slice(prefix.length), indent + 2));
  }
  return items;
}

function readMap(block: Block, indent: number): HeaderMap {
  const prefix = ' '.repeat(indent + 2);
  const entries = new Map<string, HeaderValue>();
  for (let line = block.lines[block.at]; line?.startsWith(prefix) === true; line = block.lines[block.at]) {
    const { name, rest } = splitEntry(block, line.slice(prefix.length), 'map entry', 'map entry key');
    block.at += 1;
    const value = readValue(block, line, rest, indent + 2);
    if (entries.has(name)) return malformed(block.what, `repeated map entry: ${quoted(name)}`);
    entries.set(name, value);
  }
  return Object.fromEntries(entries);
}
