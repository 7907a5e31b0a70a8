/** Bundle text to types, as Juju 3.6 reads it: the first document is the base, further ones are overlays (facts/charmhub-juju.md 3.5). */
import { isCollection, visit } from 'yaml';
import { type Problem, ShrinkwrapError } from '../domain/errors.ts';
import { byCodeUnit } from '../domain/sorted.ts';
import type { Bundle } from './bundle.ts';
import { decodeBundle } from './decode-bundle.ts';
import { repeatedKeys, type RepeatedKey } from './repeated-keys.ts';
import { locate, parseTrees, rangeOf, type Tree } from './tree.ts';

/** One document: what it says, and the nodes that say where. */
export interface BundlePart {
  /** Include directives stand resolved here once `resolveIncludes` has run. */
  readonly bundle: Bundle;
  /** As the text has it. */
  readonly written: Bundle;
  readonly tree: Tree;
}

export interface BundleText {
  readonly file: string;
  readonly text: string;
  readonly base: BundlePart;
  readonly overlays: readonly BundlePart[];
  /** What Juju reads but ignores, or read only in its older versions. */
  readonly warnings: readonly Problem[];
}

export function sortedProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => byCodeUnit(a.file ?? '', b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Throws INPUT_INVALID with every problem, in the order of the text, unless there is none. */
export function refuseProblems(what: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ShrinkwrapError('INPUT_INVALID', { what, problems: sortedProblems(problems) });
}

export function readBundle(text: string, file: string): BundleText {
  const { found, problems } = readLenient(text, file);
  refuseProblems('bundle', problems);
  return found;
}

/** Several files at once, so that what is wrong in the second is told together with what is wrong in the first. */
export function readBundles(files: readonly { readonly text: string; readonly file: string }[]): BundleText[] {
  const read = files.map(({ text, file }) => readLenient(text, file));
  refuseProblems(
    'bundle',
    read.flatMap(({ problems }) => problems),
  );
  return read.map(({ found }) => found);
}

function readLenient(text: string, file: string): { found: BundleText; problems: Problem[] } {
  const { trees, problems } = parseTrees(text.replace(/^\uFEFF/, ''), file);
  const warnings: Problem[] = [];
  const parts = trees.map((tree): BundlePart => {
    const decoded: Problem[] = [];
    const bundle = decodeBundle({ tree, problems: decoded, warnings });
    // What a broken document seems to say would only bury the syntax error under its consequences.
    if (tree.document.errors.length === 0) problems.push(...decoded, ...nodeProblems(tree));
    warnings.push(...repeatedKeys(tree).map((repeated) => repeatedKeyWarning(tree, repeated)));
    return { bundle, written: bundle, tree };
  });
  const [base, ...overlays] = parts;
  if (base === undefined || (base.tree.document.contents === null && overlays.length === 0)) {
    problems.push({ file, line: 1, column: 1, code: 'empty', message: 'malformed bundle: bundle is empty' });
  }
  warnings.push(...parts.flatMap(charmStoreWarnings));
  const whole = base ?? emptyPart(file);
  return { found: { file, text: whole.tree.text, base: whole, overlays, warnings: sortedProblems(warnings) }, problems };
}

function repeatedKeyWarning(tree: Tree, { key, keyNode }: RepeatedKey): Problem {
  return { ...tree.placeAt(rangeOf(keyNode)[0]), code: 'repeated-key', message: `key ${JSON.stringify(key)} stands here again; the last one counts` };
}

/** Only reached together with the problem that the bundle is empty. */
function emptyPart(file: string): BundlePart {
  const tree = parseTrees('{}', file).trees[0];
  if (tree === undefined) throw new Error('an empty map is a document');
  const bundle = decodeBundle({ tree, problems: [], warnings: [] });
  return { bundle, written: bundle, tree };
}

/** What is sound YAML but no data: aliases of nothing or of what they stand in, lists and maps for keys. */
function nodeProblems(tree: Tree): Problem[] {
  const problems: Problem[] = [];
  const tell = (offset: number, message: string): unknown => problems.push({ ...tree.placeAt(offset), code: 'yaml', message });
  visit(tree.document, {
    Alias: (_, alias) => {
      const [at] = rangeOf(alias);
      const target = alias.resolve(tree.document);
      const [start, end] = rangeOf(target);
      if (target === undefined) tell(at, `unknown anchor ${JSON.stringify(alias.source)} referenced`);
      else if (at >= start && at < end) tell(at, `anchor ${JSON.stringify(alias.source)} value contains itself`);
    },
    Pair: (_, { key }) => {
      if (isCollection(key)) tell(rangeOf(key)[0], 'a key must be text');
    },
  });
  return problems;
}

function charmStoreWarnings({ bundle, tree }: BundlePart): Problem[] {
  return [...bundle.applications].flatMap(([name, application]): Problem[] => {
    if (application?.charm?.startsWith('cs:') !== true) return [];
    const place = locate(tree, [bundle.legacyServices === true ? 'services' : 'applications', name, 'charm']);
    const message = `${JSON.stringify(application.charm)} of application ${JSON.stringify(name)} is a Charm Store URL; that store closed in February 2022`;
    return [{ ...place, code: 'charm-store', message }];
  });
}
