/** The arrows of docs/architecture.md, read from the import statements: a wrong one fails here. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const SRC = join(ROOT, 'src');

/** Each room with the rooms it may import; nothing points back up. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  bundle: ['domain'],
  assertion: ['domain'],
  clients: ['domain', 'assertion'],
  store: ['domain'],
  fetch: ['domain', 'assertion', 'clients', 'store'],
  recipes: ['domain', 'bundle', 'assertion', 'clients', 'store'],
  assemble: ['domain', 'bundle', 'assertion', 'store'],
  // No client: one wrong field name would pass on both sides.
  serve: ['domain', 'bundle', 'assertion', 'store'],
  pipeline: ['domain', 'bundle', 'assertion', 'clients', 'store', 'fetch', 'recipes', 'assemble', 'serve'],
  cli: ['domain', 'recipes', 'pipeline', 'serve', 'clients', 'version'],
  version: [],
  index: ['domain', 'recipes', 'pipeline'],
};

const PURE = ['domain', 'bundle', 'assertion'];
const PURE_MAY_IMPORT = ['node:crypto', 'node:util', 'node:buffer'];

/** Packages with the places that may import them. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  undici: /^clients\/undici\.ts$/,
  execa: /^clients\/process\.ts$/,
  listr2: /^cli\/live-reporter\.ts$/,
  yaml: /^(?:bundle|recipes|cli|serve)\//,
  semver: /^(?:recipes|bundle)\//,
  yauzl: /^(?:clients|serve)\//,
  'tar-stream': /^(?:store|assemble)\//,
  'tmp-promise': /^(?:serve|pipeline|store|assemble)\//,
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly specifier: string;
  /** Gone after compilation. */
  readonly typesOnly: boolean;
}

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.split(sep).join('/'));
}

const roomOf = (file: string): string => (file.includes('/') ? (file.split('/', 1)[0] ?? '') : file.replace(/\.ts$/, ''));

function imports(): Import[] {
  return sources().flatMap((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const found = [...text.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gms)];
    return found.map((match) => ({
      file,
      room: roomOf(file),
      specifier: match[1] ?? match[2] ?? match[3] ?? '',
      typesOnly: /^(?:import|export) type\b/.test(match[0]),
    }));
  });
}

const target = ({ file, specifier }: Import): string =>
  roomOf(
    relative(SRC, resolve(SRC, dirname(file), specifier))
      .split(sep)
      .join('/'),
  );

test('every arrow between rooms is one of the drawing', () => {
  const wrong = imports()
    .filter(({ specifier }) => specifier.startsWith('.'))
    .filter((each) => target(each) !== each.room && !(ARROWS[each.room] ?? []).includes(target(each)))
    .map((each) => `${each.file} → ${each.specifier}`);
  assert.deepEqual(wrong, []);
});

test('pure rooms import neither the file system nor the process', () => {
  const wrong = imports()
    .filter(({ room, specifier }) => PURE.includes(room) && specifier.startsWith('node:') && !PURE_MAY_IMPORT.includes(specifier))
    .map(({ file, specifier }) => `${file} → ${specifier}`);
  assert.deepEqual(wrong, []);
});

test('each package is imported in its one place', () => {
  const wrong = imports()
    .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .filter(({ file, specifier }) => PACKAGES[specifier]?.test(file) !== true)
    .map(({ file, specifier }) => `${file} → ${specifier}`);
  assert.deepEqual(wrong, []);
});

test('no recipe imports another, and no file outside recipes/ names one', () => {
  const recipes = readdirSync(join(SRC, 'recipes'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  assert.ok(recipes.includes('charmed-kubernetes'));
  const crossing = imports()
    .filter(({ room, specifier }) => room === 'recipes' && specifier.startsWith('.'))
    .filter(({ file, specifier }) => {
      const [, own] = file.split('/');
      const other = relative(join(SRC, 'recipes'), resolve(SRC, dirname(file), specifier)).split(sep)[0] ?? '';
      return recipes.includes(other) && other !== own && file !== 'recipes/recipes.ts';
    });
  assert.deepEqual(crossing, []);
  const reaching = imports().filter(({ room, specifier }) => room !== 'recipes' && recipes.some((recipe) => specifier.includes(`/${recipe}/`)));
  assert.deepEqual(reaching, []);
});

test('arguments, environment, streams and exit of the process are touched in cli/ only', () => {
  const wrong = sources().filter(
    (file) =>
      !file.startsWith('cli/') &&
      /(?<![\w.'"-])process\.(?:argv|env|stdin|stdout|stderr|exit|exitCode|on|once|cwd|chdir)\b/.test(withoutComments(readFileSync(join(SRC, file), 'utf8'))),
  );
  assert.deepEqual(wrong, []);
});

test('no file has grown past 300 lines', () => {
  const long = sources()
    .map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > 300);
  assert.deepEqual(long, []);
});

test('the room files know nothing of each other in circles', () => {
  const edges = new Map<string, string[]>();
  for (const { file, specifier } of imports().filter((each) => each.specifier.startsWith('.') && !each.typesOnly)) {
    const to = relative(SRC, resolve(SRC, dirname(file), specifier))
      .split(sep)
      .join('/');
    edges.set(file, [...(edges.get(file) ?? []), to]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') return void circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of edges.keys()) visit(file, []);
  assert.deepEqual(circles, []);
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
