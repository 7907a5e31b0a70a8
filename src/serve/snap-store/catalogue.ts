/** What the snap store has: the rows of snaps.tsv with their snap.yaml, ids and publishers. */
import { parse } from 'yaml';
import { hexToDigest } from '../../assertion/names.ts';
import { type Arch, isArch } from '../../domain/arch.ts';
import type { Channel } from '../../domain/channel.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { readChannel } from '../channels.ts';
import type { Directory, StoredFile } from '../directory.ts';
import { isObject } from '../json.ts';
import type { Manifest } from '../manifest.ts';
import { type AssertionIndex, readAssertions } from './assertions.ts';

const TABLE = 'snaps/snaps.tsv';
const COLUMNS = ['name', 'revision', 'arch', 'channel', 'base', 'type', 'confinement', 'order', 'file', 'assert', 'sha3_384', 'size'] as const;
type TableRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

export interface Publisher {
  readonly id: string;
  readonly username: string;
  readonly 'display-name': string;
  readonly validation: string;
}

export interface SnapRelease {
  readonly channel: Channel;
  /** The device architecture that the row is for. */
  readonly arch: Arch;
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly version: string;
  /** `null` where the snap names none. */
  readonly base: string | null;
  readonly type: string;
  readonly confinement: string;
  readonly sha3_384: string;
  readonly content: StoredFile;
  readonly snapYaml: string;
  /** Of snap.yaml: what the snap itself says. */
  readonly architectures: readonly string[];
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly createdAt: string;
  readonly publisher: Publisher;
}

export interface SnapCatalogue {
  readonly assertions: AssertionIndex;
  readonly names: readonly string[];
  releases(name: string): readonly SnapRelease[];
  nameOfId(id: string): string | undefined;
}

export async function readSnapCatalogue(sources: readonly { directory: Directory; manifest: Manifest }[]): Promise<SnapCatalogue> {
  const read = await Promise.all(sources.map(async (source) => ({ ...source, rows: await source.directory.table(TABLE, COLUMNS) })));
  const streams = read.map(({ directory, rows }) => ({ directory, streams: [...new Set(rows.map((row) => row.assert))].filter((path) => path !== '-') }));
  const assertions = await readAssertions(streams);
  const releases = new Map<string, SnapRelease[]>();
  const taken = new Set<string>();
  for (const { directory, manifest, rows } of read) {
    for (const row of rows) {
      const release = await readRelease(row, directory, manifest, assertions);
      const key = JSON.stringify([release.name, release.arch, release.channel.track, release.channel.risk, release.channel.branch]);
      if (taken.has(key)) continue;
      taken.add(key);
      releases.set(release.name, [...(releases.get(release.name) ?? []), release]);
    }
  }
  const ids = new Map([...releases.values()].flat().map(({ id, name }) => [id, name]));
  return { assertions, names: [...releases.keys()].toSorted(), releases: (name) => releases.get(name) ?? [], nameOfId: (id) => ids.get(id) };
}

async function readRelease(row: TableRow, directory: Directory, manifest: Manifest, assertions: AssertionIndex): Promise<SnapRelease> {
  const refuse = (message: string): never => {
    throw new ShrinkwrapError('INPUT_INVALID', { what: `${directory.name}/${TABLE}`, problems: [{ file: row.file, code: 'snap', message }] });
  };
  const content = await directory.file(row.file, `snap ${row.name}`);
  if (String(content.size) !== row.size) return refuse(`has ${content.size} bytes, the table says ${row.size}`);
  const channel = readChannel(row.channel) ?? refuse(`channel ${JSON.stringify(row.channel)} is none`);
  const arch = isArch(row.arch) ? row.arch : refuse(`architecture ${JSON.stringify(row.arch)} is unknown`);
  if (!/^[0-9a-f]{96}$/.test(row.sha3_384)) return refuse('sha3_384 is not 96 hex digits');
  if (!/^[1-9][0-9]*$/.test(row.revision)) return refuse('revision is not a number');
  const listed = manifest.snaps.find(({ path }) => path === row.file) ?? refuse('is not in manifest.json');
  const snapYaml = (await directory.text(`sources/snaps/${row.name}_${row.revision}_${row.arch}/snap.yaml`)) ?? '';
  return {
    channel,
    arch,
    name: row.name,
    id: listed.id,
    revision: Number(row.revision),
    version: listed.version,
    base: row.base === '-' ? null : row.base,
    type: row.type,
    confinement: row.confinement,
    sha3_384: row.sha3_384,
    content,
    snapYaml,
    ...readSnapYaml(snapYaml, arch, row.name),
    createdAt: manifest.created,
    publisher: publisherOf(listed.id, row.sha3_384, assertions),
  };
}

function readSnapYaml(text: string, arch: Arch, name: string): Pick<SnapRelease, 'architectures' | 'title' | 'summary' | 'description'> {
  const value: unknown = parse(text, { logLevel: 'silent' });
  const snap = isObject(value) ? value : {};
  const told = Array.isArray(snap['architectures']) ? snap['architectures'].filter((item): item is string => typeof item === 'string') : [];
  const textOf = (key: string, absent: string): string => (typeof snap[key] === 'string' ? snap[key] : absent);
  return {
    architectures: told.length > 0 ? told : [arch],
    title: textOf('title', name),
    summary: textOf('summary', ''),
    description: textOf('description', ''),
  };
}

/** As the assertions have it; the account `canonical` is built into every client and never stands in a stream (facts/snap-store.md 3.6). */
function publisherOf(snapId: string, sha3_384: string, assertions: AssertionIndex): Publisher {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const declaration = assertions.find('snap-declaration', ['16', snapId])?.headers;
  const revision = assertions.find('snap-revision', [hexToDigest(sha3_384)])?.headers;
  const id = text(declaration?.['publisher-id']) ?? text(revision?.['developer-id']) ?? 'canonical';
  if (id === 'canonical') return { id, username: id, 'display-name': 'Canonical', validation: 'verified' };
  const account = assertions.find('account', [id])?.headers;
  return {
    id,
    username: text(account?.['username']) ?? id,
    'display-name': text(account?.['display-name']) ?? id,
    validation: text(account?.['validation']) ?? 'unproven',
  };
}
