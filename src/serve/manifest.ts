/** Reads manifest.json of a directory (docs/archive-format.md): the rows that the catalogues are made of. */
import { type Arch, isArch } from '../domain/arch.ts';
import { type Base, parseBase } from '../domain/base.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { Directory } from './directory.ts';
import { type JsonObject, readInteger, readList, readObject, readOptional, readString } from './json.ts';

interface Row {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export interface CharmRow extends Row {
  readonly id: string;
  readonly channel: string;
  /** Absent: one revision serves every architecture. */
  readonly arch?: Arch;
  readonly bases: readonly Base[];
}

export interface ResourceRow extends Row {
  readonly charm: string;
  readonly resource: string;
  readonly filename: string;
  /** Only where the resources of a charm differ from channel to channel. */
  readonly channel?: string;
}

export interface SnapRow extends Row {
  readonly id: string;
}

export interface Manifest {
  readonly created: string;
  readonly bundle?: { readonly name: string; readonly id: string; readonly revision: number; readonly channel: string };
  readonly charms: readonly CharmRow[];
  readonly resources: readonly ResourceRow[];
  readonly snaps: readonly SnapRow[];
}

const MANIFEST = 'manifest.json';

export async function readManifest(directory: Directory): Promise<Manifest> {
  const file = `${directory.name}/${MANIFEST}`;
  const text = await directory.text(MANIFEST);
  if (text === undefined) throw new ShrinkwrapError('INPUT_ABSENT', { path: file });
  const top = readObject(parseJson(text, file), file);
  const format = readString(top, 'format', file);
  if (!/^shrinkwrap-[a-z]+\/1$/.test(format)) {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: `${file}: format`, text: format, wanted: 'shrinkwrap-archive/1' });
  }
  const rows = readList(top, 'artifacts', file).map((value, index) => ({
    where: `${file}: artifacts[${index}]`,
    row: readObject(value, `${file}: artifacts[${index}]`),
  }));
  const of = <T>(kind: string, decode: (row: JsonObject, where: string) => T): T[] =>
    rows.filter(({ row, where }) => readString(row, 'kind', where) === kind).map(({ row, where }) => decode(row, where));
  const bundle = readOptional(top, 'bundle', (value) => readBundle(value, `${file}: bundle`));
  return {
    created: readString(top, 'created', file),
    ...(bundle !== undefined && { bundle }),
    charms: of('charm', readCharm),
    resources: of('resource', readResource),
    snaps: of('snap', (row, where) => ({ ...readRow(row, where), id: readString(row, 'id', where) })),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: file, text: error instanceof Error ? error.message : '', wanted: 'JSON' }, { cause: error });
  }
}

function readBundle(value: unknown, where: string): NonNullable<Manifest['bundle']> {
  const row = readObject(value, where);
  return {
    name: readString(row, 'name', where),
    id: readString(row, 'id', where),
    revision: readInteger(row, 'revision', where),
    channel: readString(row, 'channel', where),
  };
}

function readRow(row: JsonObject, where: string): Row {
  const digests = readObject(row['digests'], `${where}.digests`);
  return {
    name: readString(row, 'name', where),
    version: readString(row, 'version', where),
    revision: readInteger(row, 'revision', where),
    path: readString(row, 'path', where),
    size: readInteger(row, 'size', where),
    sha256: readString(digests, 'sha256', `${where}.digests`),
  };
}

function readCharm(row: JsonObject, where: string): CharmRow {
  const arch = readOptional(row, 'arch', (value) => {
    if (typeof value === 'string' && isArch(value)) return value;
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: `${where}.arch`, text: JSON.stringify(value), wanted: 'a Debian architecture' });
  });
  const bases = readList(row, 'bases', where).map((value) => {
    const base = typeof value === 'string' ? parseBase(value) : undefined;
    if (base === undefined) throw new ShrinkwrapError('INPUT_MALFORMED', { what: `${where}.bases`, text: JSON.stringify(value), wanted: 'ubuntu@22.04' });
    return base;
  });
  return { ...readRow(row, where), id: readString(row, 'id', where), channel: readString(row, 'channel', where), bases, ...(arch !== undefined && { arch }) };
}

function readResource(row: JsonObject, where: string): ResourceRow {
  const channel = readOptional(row, 'channel', () => readString(row, 'channel', where));
  return {
    ...readRow(row, where),
    charm: readString(row, 'charm', where),
    resource: readString(row, 'resource', where),
    filename: readString(row, 'filename', where),
    ...(channel !== undefined && { channel }),
  };
}
