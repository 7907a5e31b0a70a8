/** Which keys a catalogue may have: a word that nobody reads is a mistake, told with its place. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { Problem } from '../../domain/errors.ts';

const RANGE = ['from', 'until', 'why'];

/** Keys by path; `*` stands for any key and for the items of a list. A path that is not here may hold anything. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'format',
    'system',
    'reviewed',
    'images',
    'snaps',
    'snapResources',
    'resourceSizes',
    'registry',
    'registryMirrors',
    'registryOptions',
    'reactive',
    'corrections',
    'charms',
  ],
  reviewed: ['from', 'until'],
  images: ['sources', 'cdkNames', 'bareNamesBelow', 'lists', 'always', 'archSuffixes', 'moved', 'releaseOptions', 'code', 'customer'],
  'images.lists': ['folder', 'channelOf', 'completeWhen'],
  'images.always.*': ['image', 'why'],
  'images.code.*': ['charms', 'option', 'pattern'],
  'images.customer.*': ['charms', 'why'],
  registry: ['image', 'others', 'charm', 'why'],
  'resourceSizes.*': ['filenames', 'least', 'empty', 'why'],
  snaps: ['always'],
  'snaps.always.*': ['name', 'channel', ...RANGE],
  'registryOptions.*': ['option', 'form', 'charms', 'match', ...RANGE],
  reactive: ['debs'],
  'corrections.*': ['overlays', 'remove', 'renameStorage', 'add', ...RANGE],
  'charms.*': ['auto', 'channels', 'snaps', 'debs', 'options', 'warning'],
  'charms.*.channels.*': ['channel', 'base', ...RANGE],
  'charms.*.snaps.*': ['name', 'channel', ...RANGE],
  'charms.*.debs.*': ['names', 'origin', 'endpoints', ...RANGE],
  'charms.*.options.*': ['option', 'value', 'unless', 'replaces', ...RANGE],
};

/** Unknown keys and YAML that does not parse. */
export function keyProblems(text: string, file: string): Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, lineCounter: lines, logLevel: 'silent' });
  const placeAt = (offset: number): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, code: 'catalogue', message: '' };
  };
  if (document.errors.length > 0) return document.errors.map((error) => ({ ...placeAt(error.pos[0]), message: error.message.split('\n', 1)[0] ?? '' }));
  return unknownKeys(document.contents, []).map(({ offset, message }) => ({ ...placeAt(offset), message }));
}

interface Unknown {
  readonly offset: number;
  readonly message: string;
}

/** An alias stands for a node that is looked at where it is written. */
function unknownKeys(node: Node | null, path: readonly string[]): Unknown[] {
  if (isSeq(node)) return node.items.flatMap((item) => unknownKeys(item as Node, [...path, '*']));
  if (!isMap(node)) return [];
  const known = KEYS[pattern(path)];
  return node.items.flatMap((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    const below = unknownKeys(pair.value as Node | null, [...path, key]);
    if (known === undefined || known.includes(key) || typeof (isScalar(pair.key) ? pair.key.value : '') === 'symbol') return below;
    const owner = path.length === 0 ? 'a catalogue' : path.join('.');
    return [{ offset, message: `${owner} has no key ${JSON.stringify(key)}; it has ${known.join(', ')}` }, ...below];
  });
}

/** The names of charms are free; so are the places in a list. */
const pattern = (path: readonly string[]): string => path.map((part, index) => (index === 1 && path[0] === 'charms' ? '*' : part)).join('.');
