/** manifest.json against the files: sizes, digests and the tables that the kit reads. */
import { ARCHIVE_FORMAT } from '../../domain/manifest.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { parseTsv } from '../../domain/tsv.ts';
import type { Findings } from './findings.ts';

/** As much of a row as verify compares. */
export interface ListedArtifact {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly digests: Readonly<Record<string, string>>;
  readonly signer: string;
  /** Everything else, by its name in the document. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const MANIFEST = 'manifest.json';
const SNAP_COLUMNS = ['name', 'revision', 'arch', 'channel', 'base', 'type', 'confinement', 'order', 'file', 'assert', 'sha3_384', 'size'] as const;
const IMAGE_COLUMNS = ['image', 'file', 'digest', 'media_type', 'platform', 'size', 'index_digest', 'targets'] as const;

/** The artifacts that are there, for the checks of their kinds. */
export function checkManifest(findings: Findings): ListedArtifact[] {
  const text = findings.text(MANIFEST);
  if (text === undefined) {
    findings.blame(MANIFEST, 'missing', { expected: ARCHIVE_FORMAT });
    return [];
  }
  const artifacts = decodeManifest(text);
  if (typeof artifacts === 'string') {
    findings.blame(MANIFEST, 'altered', { expected: ARCHIVE_FORMAT, found: artifacts });
    return [];
  }
  const present = artifacts.filter((artifact) => compare(artifact, findings));
  checkTable(findings, 'snaps/snaps.tsv', SNAP_COLUMNS, (row) => {
    const listed = artifacts.find(({ kind, path }) => kind === 'snap' && path === row.file);
    if (listed === undefined) return false;
    const { name, digests, fields } = listed;
    return name === row.name && digests['sha3-384'] === row.sha3_384 && String(fields['revision']) === row.revision && fields['assert'] === row.assert;
  });
  checkTable(findings, 'containers/images.tsv', IMAGE_COLUMNS, (row) => {
    const { fields, name } = artifacts.find(({ kind, path }) => kind === 'image' && path === row.file) ?? {};
    return name === row.image && fields?.['manifest'] === row.digest;
  });
  return present;
}

function compare({ path, size, digests, signer }: ListedArtifact, { files, blame, accept }: Findings): boolean {
  const file = files.get(path);
  if (file === undefined) {
    blame(path, 'missing', { expected: `${size} bytes, says manifest.json` });
    return false;
  }
  const differing = Object.entries(file.digests).find(([algorithm, hex]) => digests[algorithm] !== undefined && digests[algorithm] !== hex);
  if (file.size !== size) blame(path, 'altered', { expected: `${size} bytes, says manifest.json`, found: `${file.size} bytes` });
  else if (differing !== undefined)
    blame(path, 'altered', { expected: `${differing[0]} ${digests[differing[0]] ?? ''}, says manifest.json`, found: `${differing[0]} ${differing[1]}` });
  else if (digests['sha256'] === undefined) blame(MANIFEST, 'altered', { expected: `sha256 of ${path}` });
  else accept(path, signer);
  return true;
}

/** What the kit does at the site it does by the tables: they must say what the manifest says. */
function checkTable<C extends string>(findings: Findings, path: string, columns: readonly C[], agrees: (row: Record<C, string>) => boolean): void {
  const text = findings.text(path);
  if (text === undefined) return;
  try {
    const wrong = parseTsv(text, columns, path).findIndex((row) => !agrees(row));
    if (wrong >= 0) findings.blame(path, 'altered', { expected: 'the rows of manifest.json', found: `line ${wrong + 2} differs` });
  } catch (error) {
    if (!isShrinkwrapError(error)) throw error;
    findings.blame(path, 'altered', { expected: columns.join(' '), found: 'another table' });
  }
}

function decodeManifest(text: string): ListedArtifact[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { format, artifacts } = fieldsOf(value);
  if (format !== ARCHIVE_FORMAT) return `format ${JSON.stringify(format)}`;
  if (!Array.isArray(artifacts)) return 'no list of artifacts';
  const decoded = artifacts.map(decodeArtifact);
  const wrong = decoded.indexOf(undefined);
  return wrong >= 0 ? `artifacts[${wrong}] lacks kind, name, path, size, digests or signer` : decoded.filter((artifact) => artifact !== undefined);
}

function decodeArtifact(value: unknown): ListedArtifact | undefined {
  const fields = fieldsOf(value);
  const { kind, name, path, size, signer } = fields;
  const digests = Object.entries(fieldsOf(fields['digests'])).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (typeof kind !== 'string' || typeof name !== 'string' || typeof path !== 'string' || typeof size !== 'number' || typeof signer !== 'string')
    return undefined;
  return { kind, name, path, size, signer, digests: Object.fromEntries(digests), fields };
}

export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
