/** Reads an image file of an archive (docs/archive-format.md), whatever the level of its gzip; every blob is hashed on the way. For verify and mirror. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { type Digest, parseDigest } from '../domain/digest.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../domain/errors.ts';
import { localFailure } from './local-failure.ts';

export interface ImageArchive {
  /** Full name with tag. */
  readonly reference: string;
  /** What the name names: a manifest, or a whole index. */
  readonly digest: Digest;
  readonly mediaType: string;
  /** By lower-case hex of the SHA-256. */
  readonly blobs: ReadonlyMap<string, { readonly size: number }>;
  /** By hex too: bytes of what is named, and of what an index lists, where the one stood before the other as this project writes them. */
  readonly documents: ReadonlyMap<string, Buffer>;
}

/** As much of tar-stream's entry as is used here. */
interface Entry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): unknown;
}

const DOCUMENT_LIMIT = 4 * 1024 * 1024;
/** With the defaults of 16 and 64 KiB reading takes three times as long. */
const CHUNK = 1024 * 1024;
const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;

/** Reads to the end. INPUT_MALFORMED: not such a file, or cut short; INTEGRITY_MISMATCH: a blob is not what its name says. */
export async function readImageFile(
  path: string,
  options: { readonly signal: AbortSignal; /** Instead of the file: `path` is its name then. */ readonly source?: Readable },
): Promise<ImageArchive> {
  const { signal, source } = options;
  const blobs = new Map<string, { size: number }>();
  const documents = new Map<string, Buffer>();
  const seen = new Set<string>();
  let index: Buffer | undefined;
  let awaited: readonly string[] = [];
  for await (const entry of entriesOf(path, signal, source)) {
    const { name, size, type } = entry.header;
    if (type !== 'file' && type !== 'directory') refuse(path, `${name}, a ${type}`, 'files only');
    if (seen.has(name)) refuse(path, `${name} twice`, 'each name once');
    seen.add(name);
    const hex = BLOB.exec(name)?.[1];
    if (hex !== undefined) {
      const bytes = hashed(bytesOf(entry, path, signal), name, hex);
      if (awaited.includes(hex) && (size ?? 0) <= DOCUMENT_LIMIT) {
        const document = await collect(bytes);
        documents.set(hex, document);
        awaited = [...awaited, ...manifestsOf(document)];
      } else await drain(bytes);
      blobs.set(hex, { size });
    } else if (name === 'index.json') {
      index = await documentOf(entry, path, signal);
      awaited = manifestsOf(index);
    } else entry.resume();
  }
  const named = decodeIndex(index, path);
  if (!blobs.has(named.digest.hex)) refuse(path, 'no manifest', `blobs/sha256/${named.digest.hex}`);
  return { ...named, blobs, documents };
}

/** The bytes of one blob. The stream fails: INTEGRITY_MISMATCH when they are not those of the digest, UPSTREAM_NOT_FOUND when there is no such blob. */
export const openBlob = (path: string, hex: string, { signal }: { readonly signal: AbortSignal }): Readable =>
  Readable.from(findBlob(path, hex, signal), { objectMode: false });

async function* findBlob(path: string, hex: string, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  for await (const entry of entriesOf(path, signal)) {
    const { name } = entry.header;
    if (BLOB.exec(name)?.[1] === hex) return yield* hashed(bytesOf(entry, path, signal), name, hex);
    entry.resume();
  }
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'blob', name: `sha256:${hex}`, where: path, exists: [] });
}

/** Each entry has to be read to its end before the next comes. */
async function* entriesOf(path: string, signal: AbortSignal, source?: Readable): AsyncGenerator<Entry, void, undefined> {
  const tar = extract();
  const feeding = pipeline(source ?? createReadStream(path, { highWaterMark: CHUNK }), createGunzip({ chunkSize: CHUNK }), tar, { signal });
  // Its failure also reaches the loop below; here it must only not go unhandled when the reader leaves early.
  feeding.catch(() => {});
  try {
    for await (const entry of tar) yield entry;
    await feeding;
  } catch (error) {
    throw explain(error, path, signal);
  } finally {
    tar.destroy();
  }
}

/** What breaks inside an entry reaches its reader, not the loop over the entries. */
async function* bytesOf(entry: Entry, path: string, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of entry) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (error) {
    throw explain(error, path, signal);
  }
}

async function* hashed(bytes: AsyncIterable<Buffer>, what: string, hex: string): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== hex) throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'sha256', wanted: hex, found });
}

async function drain(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of bytes);
}

async function documentOf(entry: Entry, path: string, signal: AbortSignal): Promise<Buffer> {
  const { name, size } = entry.header;
  if (size > DOCUMENT_LIMIT) refuse(path, `${name} of ${size} bytes`, `at most ${DOCUMENT_LIMIT}`);
  return collect(bytesOf(entry, path, signal));
}

async function collect(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The one descriptor of index.json. */
function decodeIndex(bytes: Buffer | undefined, path: string): Omit<ImageArchive, 'blobs' | 'documents'> {
  if (bytes === undefined) return refuse(path, 'no index.json', 'index.json');
  const document = parseJson(bytes);
  const manifests = property(document, 'manifests');
  if (!Array.isArray(manifests) || manifests.length !== 1) return refuse(path, 'index.json', 'one manifest in it');
  const manifest: unknown = manifests[0];
  const [mediaType, digest] = [property(manifest, 'mediaType'), property(manifest, 'digest')];
  const reference = property(property(manifest, 'annotations'), 'io.containerd.image.name');
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    return refuse(path, 'index.json', 'mediaType and digest of the manifest');
  if (typeof reference !== 'string') return refuse(path, 'index.json', 'the annotation io.containerd.image.name');
  return { reference, mediaType, digest: parseDigest(digest) };
}

/** Hex digests of what an index lists; none for what is no index. */
function manifestsOf(bytes: Buffer): string[] {
  const manifests = property(parseJson(bytes), 'manifests');
  return (Array.isArray(manifests) ? manifests : []).flatMap((entry: unknown) => /^sha256:([0-9a-f]{64})$/.exec(String(property(entry, 'digest')))?.[1] ?? []);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

function refuse(path: string, text: string, wanted: string): never {
  throw new ShrinkwrapError('INPUT_MALFORMED', { what: `image file ${path}`, text, wanted });
}

/** zlib and tar-stream say in their own words that a file is broken; a missing file or a stop are something else. */
function explain(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isShrinkwrapError(error) || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  const local = localFailure(error, path);
  return local !== error
    ? local
    : new ShrinkwrapError('INPUT_MALFORMED', { what: `image file ${path}`, text: error.message, wanted: 'a gzip with a tar in it' }, { cause: error });
}
