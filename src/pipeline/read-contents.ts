/** What is in a plan, an archive or an unpacked one: artifacts and declared packages, each with its reasons. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Artifact } from '../domain/artifact.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import { ARCHIVE_FORMAT, type ManifestArtifact } from '../domain/manifest.ts';
import { parseTsv } from '../domain/tsv.ts';
import { packedFiles } from '../store/archived-files.ts';
import { fileKind } from './file-kind.ts';
import { readPlan } from './read-plan.ts';

export interface Content {
  /** charm, resource, snap, image, deb, python. */
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  /** Absent for what is listed but not carried. */
  readonly path?: string;
  readonly reasons: readonly string[];
}

const MANIFEST = 'manifest.json';
const DEBS = 'apt/packages.tsv';
/** What a manifest of a hundred thousand artifacts would not reach. */
const LIMIT = 256 * 1024 * 1024;
const PYTHON = 'pypi/packages.tsv';

export async function readContents(path: string, signal: AbortSignal): Promise<Content[]> {
  // A plan is JSON.
  if ((await fileKind(path)) === 'other') {
    const plan = await readPlan(path);
    const text = (name: string): string | undefined => plan.files.find((file) => file.path === name)?.text;
    return [...plan.artifacts.map(contentOf), ...packages(text(DEBS), text(PYTHON))];
  }
  const files = await readFiles(path, [MANIFEST, DEBS, PYTHON], signal);
  return [...artifactsOf(files.get(MANIFEST), path), ...packages(files.get(DEBS)?.toString('utf8'), files.get(PYTHON)?.toString('utf8'))];
}

async function readFiles(path: string, wanted: readonly string[], signal: AbortSignal): Promise<Map<string, Buffer>> {
  if (!(await stat(path)).isDirectory()) return readPacked(path, wanted, signal);
  const read = await Promise.all(wanted.map(async (name) => [name, await readFile(join(path, name)).catch(() => undefined)] as const));
  return new Map(read.flatMap(([name, bytes]) => (bytes === undefined ? [] : [[name, bytes] as const])));
}

/** The big files pass by; reading ends when all that is wanted was there. */
async function readPacked(path: string, wanted: readonly string[], signal: AbortSignal): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const file of packedFiles(path, signal)) {
    const isWanted = file.isFile && wanted.includes(file.path) && file.size <= LIMIT;
    if (isWanted) found.set(file.path, await buffer(file.bytes));
    else for await (const _ of file.bytes) continue;
    if (found.size === wanted.length) break;
  }
  return found;
}

function artifactsOf(manifest: Buffer | undefined, path: string): Content[] {
  const refuse = (message: string): never => {
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'archive', problems: [{ file: path, code: 'manifest', message }] });
  };
  if (manifest === undefined) return refuse(`has no ${MANIFEST}; wanted an archive, an unpacked one, or a plan`);
  let value: unknown;
  try {
    value = JSON.parse(manifest.toString('utf8'));
  } catch (error) {
    return refuse(`${MANIFEST}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== ARCHIVE_FORMAT)
    return refuse(`${MANIFEST}: wanted the format ${ARCHIVE_FORMAT}`);
  const artifacts: unknown = 'artifacts' in value ? value.artifacts : undefined;
  if (!Array.isArray(artifacts) || !artifacts.every(isArtifact)) return refuse(`${MANIFEST}: wanted artifacts with kind, name, path and reasons`);
  return artifacts.map(contentOf);
}

const isArtifact = (value: unknown): value is ManifestArtifact =>
  typeof value === 'object' &&
  value !== null &&
  ['kind', 'name', 'version', 'path'].every((field) => typeof Reflect.get(value, field) === 'string') &&
  Array.isArray(Reflect.get(value, 'reasons'));

function contentOf(artifact: Artifact | ManifestArtifact): Content {
  const { kind, name, version, path, reasons } = artifact;
  const application: unknown = Reflect.get(artifact, 'application');
  const own = typeof application === 'string' ? ` for ${application}` : '';
  return { kind, name, version: `${version}${own}`, path, reasons: reasons.map(String) };
}

function packages(debs: string | undefined, python: string | undefined): Content[] {
  const debRows = debs === undefined ? [] : parseTsv(debs, ['package', 'base', 'origin', 'charm', 'why'], DEBS);
  const pythonRows = python === undefined ? [] : parseTsv(python, ['package', 'version', 'origin', 'charm'], PYTHON);
  return [
    ...grouped(
      debRows.map((row) => ({ name: row.package, version: row.base, reason: `charm ${row.charm}: ${row.why} (from ${row.origin})` })),
      'deb',
    ),
    ...grouped(
      pythonRows.map((row) => ({ name: row.package, version: row.version, reason: `charm ${row.charm}, from ${row.origin}` })),
      'python',
    ),
  ];
}

/** One a package and base, with the reasons of all rows. */
function grouped(rows: readonly { name: string; version: string; reason: string }[], kind: string): Content[] {
  const found = new Map<string, Content>();
  for (const { name, version, reason } of rows) {
    const key = `${name}\t${version}`;
    found.set(key, { kind, name, version, reasons: [...(found.get(key)?.reasons ?? []), reason] });
  }
  return [...found.values()];
}
