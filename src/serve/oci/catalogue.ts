/** What the registry has: the images of images.tsv, under every name that they answer to. */
import { createHash } from 'node:crypto';
import { type Digest, formatDigest, parseDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { OCI_INDEX } from '../../domain/image-documents.ts';
import { parseImageRef } from '../../domain/image-ref.ts';
import type { Directory } from '../directory.ts';
import { type Content, bytesContent, readBody } from '../exchange.ts';
import { isObject, optionalString, parseObject } from '../json.ts';
import { type ImageBlobs, readImageBlobs } from './image-file.ts';
import { readLayoutBlobs } from './layout.ts';

const TABLE = 'containers/images.tsv';
const COLUMNS = ['image', 'file', 'digest', 'media_type', 'platform', 'size', 'index_digest', 'targets'] as const;
type TableRow = Readonly<Record<(typeof COLUMNS)[number], string>>;
const MANIFEST_LIMIT = 4 * 1024 * 1024;

export interface ServedManifest {
  readonly mediaType: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly content: Content;
}

/** One image under one name. */
interface Named {
  readonly host: string;
  readonly tag?: string;
  readonly manifest: ServedManifest;
  /** What the tag named upstream, when that was an index. */
  readonly index?: ServedManifest;
  /** The other images of the index that are here: all of them where a name pins it. */
  readonly children: readonly ServedManifest[];
  readonly blobs: ReadonlyMap<string, Content>;
}

export interface ImageCatalogue {
  has(repository: string): boolean;
  /** By tag or digest; `ns` prefers images whose name has that host (errata 12). */
  manifest(repository: string, reference: string, ns: string | undefined): ServedManifest | undefined;
  blob(repository: string, digest: string): Content | undefined;
  tags(repository: string): readonly string[];
}

export async function readImageCatalogue(directories: readonly Directory[]): Promise<ImageCatalogue> {
  const repositories = new Map<string, Named[]>();
  for (const directory of directories) {
    for (const row of await directory.table(TABLE, COLUMNS)) {
      for (const { repository, named } of await readImage(row, directory)) repositories.set(repository, [...(repositories.get(repository) ?? []), named]);
    }
  }
  const images = (repository: string): readonly Named[] => repositories.get(repository) ?? [];
  return {
    has: (repository) => repositories.has(repository),
    manifest: (repository, reference, ns) => findManifest(narrow(images(repository), ns), reference),
    blob: (repository, digest) =>
      first(images(repository), ({ blobs }) => (digest.startsWith('sha256:') ? blobs.get(digest.slice('sha256:'.length)) : undefined)),
    tags: (repository) => [...new Set(images(repository).flatMap(({ tag }) => tag ?? []))].toSorted(),
  };
}

function first<T, R>(items: readonly T[], look: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function narrow(images: readonly Named[], ns: string | undefined): readonly Named[] {
  const named = images.filter(({ host }) => host === ns);
  return named.length > 0 ? named : images;
}

/** A tag answers what it named upstream: the index where there was one; its children answer by digest. */
function findManifest(images: readonly Named[], reference: string): ServedManifest | undefined {
  return first(images, ({ tag, manifest, index, children }) => {
    if (tag === reference) return index ?? manifest;
    return [manifest, index, ...children].find((candidate) => candidate?.digest === reference);
  });
}

async function readImage(row: TableRow, directory: Directory): Promise<{ repository: string; named: Named }[]> {
  const where = `${directory.name}/${TABLE}: ${row.image}`;
  const digest = readDigest(row.digest, where);
  const file = await directory.file(row.file, `image ${row.image}`);
  const blobs = row.file.endsWith('.json') ? await readLayoutBlobs(directory, rootsOf(row)) : await readImageBlobs(file);
  const manifest = await readManifest(blobs, digest, row.media_type);
  if (manifest === undefined) {
    throw new ShrinkwrapError('INPUT_INVALID', {
      what: where,
      problems: [{ file: row.file, code: 'manifest', message: `${row.file} does not hold manifest ${row.digest}` }],
    });
  }
  const index = row.index_digest === '-' ? undefined : await readIndex(row.index_digest, directory, where);
  const { host, path, tag } = parseImageRef(row.image);
  const children = index === undefined ? [] : await readChildren(index.entries, blobs);
  const shared = { host, manifest, children, blobs, ...(index !== undefined && { index: index.manifest }) };
  const targets = row.targets.split(',').filter((target) => target !== '' && target !== '-');
  const names = [{ repository: path, ...(tag !== undefined && { tag }) }, ...targets.map(splitTarget)];
  return names.flatMap((name) =>
    equivalents(name.repository, name !== names[0]).map((repository) => ({
      repository,
      named: { ...shared, ...(name.tag !== undefined && { tag: name.tag }) },
    })),
  );
}

/** A name that pins an index has all of it. */
const rootsOf = ({ image, digest, index_digest: index }: TableRow): string[] =>
  [digest, ...(image.endsWith(`@${index}`) ? [index] : [])].map((text) => text.slice('sha256:'.length));

async function readManifest(blobs: ImageBlobs, { hex }: Digest, mediaType: string): Promise<ServedManifest | undefined> {
  const content = blobs.get(hex);
  const bytes = content === undefined ? undefined : await readBody(content.open(0, content.size), MANIFEST_LIMIT);
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== hex) return undefined;
  return { mediaType, digest: `sha256:${hex}`, content: bytesContent(bytes) };
}

/** Most images of an index are those of other architectures, and not here. */
async function readChildren(entries: readonly unknown[], blobs: ImageBlobs): Promise<ServedManifest[]> {
  const children = entries.map(async (entry) => {
    const [mediaType, digest] = isObject(entry) ? [optionalString(entry, 'mediaType'), optionalString(entry, 'digest')] : [];
    const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest ?? '') ?? [];
    return mediaType === undefined || hex === undefined ? undefined : readManifest(blobs, { algorithm: 'sha256', hex }, mediaType);
  });
  return (await Promise.all(children)).filter((child) => child !== undefined);
}

function readDigest(text: string, where: string): Digest {
  const parsed = parseDigest(text);
  if (parsed.algorithm === 'sha256') return parsed;
  throw new ShrinkwrapError('INPUT_MALFORMED', { what: where, text, wanted: 'a sha256 digest' });
}

function splitTarget(target: string): { repository: string; tag?: string } {
  const colon = target.lastIndexOf(':');
  return colon < 0 ? { repository: target } : { repository: target.slice(0, colon), tag: target.slice(colon + 1) };
}

/**
 * The same repository under its other names: `cdk/X` at rocks.canonical.com is `canonical/cdk/X` at ghcr.io, and a target lies below
 * the prefix `cdk` of the site's registry (design 6).
 */
function equivalents(repository: string, isTarget: boolean): string[] {
  const below = /^(?:canonical\/)?cdk\/(.+)$/.exec(repository)?.[1];
  if (below !== undefined) return [`cdk/${below}`, `canonical/cdk/${below}`];
  return isTarget ? [repository, `cdk/${repository}`, `canonical/cdk/${repository}`] : [repository];
}

/** The index is kept raw beside the images; without it the tag answers the one manifest that is here. */
async function readIndex(text: string, directory: Directory, where: string): Promise<{ manifest: ServedManifest; entries: readonly unknown[] } | undefined> {
  const digest = readDigest(text, where);
  const path = `sources/images/sha256-${digest.hex}.json`;
  const bytes = await directory.bytes(path);
  if (bytes === undefined) return undefined;
  if (createHash('sha256').update(bytes).digest('hex') !== digest.hex) {
    throw new ShrinkwrapError('INPUT_INVALID', { what: where, problems: [{ file: path, code: 'digest', message: `${path} is not ${text}` }] });
  }
  const value = parseObject(bytes);
  if (value === undefined) throw new ShrinkwrapError('INPUT_MALFORMED', { what: where, text: path, wanted: 'an index in JSON' });
  const { mediaType, manifests } = { mediaType: optionalString(value, 'mediaType'), manifests: value['manifests'] };
  const manifest = { mediaType: mediaType ?? OCI_INDEX, digest: formatDigest(digest), content: bytesContent(bytes) };
  return { manifest, entries: Array.isArray(manifests) ? (manifests as unknown[]) : [] };
}
