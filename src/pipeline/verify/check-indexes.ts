/** The tables of indexes against the indexes themselves: what the kit puts under a tag must be whole. */
import { parseTsv } from '../../domain/tsv.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { fieldsOf, type ListedArtifact } from './check-manifest.ts';
import type { Findings } from './findings.ts';
import { layoutBlobs } from './layout-image.ts';

const INDEXES = 'containers/indexes.tsv';
const CHILDREN = 'containers/children.tsv';
const INDEX_COLUMNS = ['index', 'media_type', 'size', 'file', 'targets'] as const;
const CHILD_COLUMNS = ['index', 'digest', 'media_type', 'blobs'] as const;

type Child = Readonly<Record<(typeof CHILD_COLUMNS)[number], string>>;

export function checkIndexes(artifacts: readonly ListedArtifact[], findings: Findings): void {
  const images = artifacts.filter(({ kind }) => kind === 'image');
  const rows = tableOf(findings, INDEXES, INDEX_COLUMNS);
  const children = tableOf(findings, CHILDREN, CHILD_COLUMNS);
  if (rows === undefined || children === undefined) return;
  const unlisted = images.find(({ fields }) => fields['children'] !== undefined && !rows.some(({ index }) => index === fields['index']));
  if (unlisted !== undefined) findings.blame(INDEXES, 'altered', { expected: `${String(unlisted.fields['index'])} of ${unlisted.name}`, found: 'no such row' });
  const targets = images.flatMap(targetsOf);
  const answered = rows.flatMap((row) => row.targets.split(','));
  const ambiguous = targets.find((target) => !answered.includes(target) && platformsOf(target, images).size > 1);
  if (ambiguous !== undefined) findings.blame(INDEXES, 'altered', { expected: `an index for ${ambiguous}`, found: 'no such row' });
  for (const row of rows) {
    const file = findings.files.get(row.file);
    const digest = `sha256:${file?.digests['sha256'] ?? ''}`;
    if (digest !== row.index || String(file?.size) !== row.size)
      findings.blame(file === undefined ? INDEXES : row.file, 'altered', { expected: row.index, found: file === undefined ? `no ${row.file}` : digest });
    const stray = row.targets.split(',').find((target) => !targets.includes(target) && !target.endsWith(`:${row.index.slice(0, 19).replace(':', '-')}`));
    if (stray !== undefined) findings.blame(INDEXES, 'altered', { expected: 'targets of its images', found: stray });
    const listed = children.filter(({ index }) => index === row.index);
    const wanted = childrenOf(file?.bytes);
    if (listed.map(({ digest }) => digest).join('\n') !== wanted.join('\n'))
      findings.blame(CHILDREN, 'altered', { expected: `the manifests of ${row.index}`, found: `${listed.length} of ${wanted.length}` });
    checkCarried(listed, findings);
  }
  const orphan = children.find(({ index }) => !rows.some((row) => row.index === index));
  if (orphan !== undefined) findings.blame(CHILDREN, 'altered', { expected: `rows of ${INDEXES}`, found: orphan.index });
}

const targetsOf = ({ fields }: ListedArtifact): string[] =>
  Array.isArray(fields['targets']) ? fields['targets'].filter((target) => typeof target === 'string') : [];

const platformsOf = (target: string, images: readonly ListedArtifact[]): Set<unknown> =>
  new Set(images.filter((image) => targetsOf(image).includes(target)).map(({ fields }) => fields['platform']));

/** Every manifest that must be pushed before its index lies in the layout or in some image file, with its blobs. */
function checkCarried(children: readonly Child[], { files, blame }: Findings): void {
  const inFiles = [...files.values()].flatMap(({ image }) => (image === undefined || 'problem' in image ? [] : [image.blobs]));
  const carried: ReadonlyMap<string, unknown>[] = [layoutBlobs(files), ...inFiles];
  for (const { digest, blobs } of children) {
    const needed = [digest.slice('sha256:'.length), ...blobs.split(',')];
    const isWhole = carried.some((image) => needed.every((hex) => image.has(hex)));
    if (!isWhole) blame(CHILDREN, 'altered', { expected: `${digest} and its blobs in an image file`, found: 'not all of them in any' });
  }
}

/** Digests of the manifests of an index, each once. */
function childrenOf(bytes: Buffer | undefined): string[] {
  let document: Readonly<Record<string, unknown>> = {};
  try {
    document = fieldsOf(JSON.parse(bytes?.toString('utf8') ?? '{}'));
  } catch {
    return [];
  }
  const manifests: readonly unknown[] = Array.isArray(document['manifests']) ? document['manifests'] : [];
  return [...new Set(manifests.map((entry) => String(fieldsOf(entry)['digest'])))];
}

/** No rows where there is no table, `undefined` for one that cannot be read. */
function tableOf<C extends string>(findings: Findings, path: string, columns: readonly C[]): Record<C, string>[] | undefined {
  const text = findings.text(path);
  try {
    return text === undefined ? [] : parseTsv(text, columns, path);
  } catch (error) {
    if (!isShrinkwrapError(error)) throw error;
    findings.blame(path, 'altered', { expected: columns.join(' '), found: 'another table' });
    return undefined;
  }
}
