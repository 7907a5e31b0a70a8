/**
 * Random access to an image file of the archive (docs/archive-format.md): its gzip is stored in blocks of 65,535 bytes, so every byte of the tar inside has
 * a place in the file that can be computed, and a blob is read without unpacking what stands before it.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ShrinkwrapError, isShrinkwrapError } from '../../domain/errors.ts';
import { openBlob, readImageFile } from '../../store/image-archive.ts';
import type { StoredFile } from '../directory.ts';
import type { Content } from '../exchange.ts';

const GZIP_HEADER = 10;
const BLOCK = 65_535;
/** Final-block bit with the type, length and its complement (RFC 1951 3.2.4). */
const BLOCK_HEADER = 5;
/** Blocks read at a time. */
const STRIDE = 16;
const TAR_BLOCK = 512;

/** Blobs by lower-case hex of their SHA-256. */
export type ImageBlobs = ReadonlyMap<string, Content>;

export async function readImageBlobs(file: StoredFile): Promise<ImageBlobs> {
  try {
    return await readStoredImage(file);
  } catch (error) {
    if (isShrinkwrapError(error) && error.code === 'INPUT_MALFORMED') return readAnyImage(file);
    throw error;
  }
}

/** Of another tool, or deflated: read from its beginning for every blob. What is wrong with a broken file is said here. */
async function readAnyImage({ path }: StoredFile): Promise<ImageBlobs> {
  const { signal } = new AbortController();
  const { blobs } = await readImageFile(path, { signal });
  const content = ([hex, { size }]: [string, { readonly size: number }]): [string, Content] => [
    hex,
    { size, open: (start, end) => Readable.from(slice(openBlob(path, hex, { signal }), start, end)) },
  ];
  return new Map([...blobs].map(content));
}

async function* slice(bytes: AsyncIterable<unknown>, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of bytes) {
    const part = Buffer.from(chunk as Uint8Array);
    const wanted = part.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
    at += part.length;
    if (wanted.length > 0) yield wanted;
    if (at >= end) return;
  }
}

async function readStoredImage(file: StoredFile): Promise<ImageBlobs> {
  const handle = await open(file.path);
  try {
    await checkGzip(handle, file.path);
    const blobs = new Map<string, Content>();
    for await (const { name, offset, size } of tarEntries(handle, file.path)) {
      const [, hex] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? [];
      if (hex !== undefined) blobs.set(hex, { size, open: (start, end) => Readable.from(readOpening(file.path, offset + start, offset + end)) });
    }
    return blobs;
  } finally {
    await handle.close();
  }
}

function refuse(path: string, text: string, wanted: string): never {
  throw new ShrinkwrapError('INPUT_MALFORMED', { what: `image file ${path}`, text, wanted });
}

async function checkGzip(handle: FileHandle, path: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(GZIP_HEADER + BLOCK_HEADER), 0, GZIP_HEADER + BLOCK_HEADER, 0);
  // Magic, deflate, no optional fields.
  if (bytesRead < buffer.length || buffer.readUInt32BE(0) !== 0x1f8b0800) refuse(path, buffer.subarray(0, bytesRead).toString('hex'), 'a plain gzip header');
  if (((buffer[GZIP_HEADER] ?? 0) & 6) !== 0) refuse(path, 'compressed blocks', 'a gzip that is stored, not deflated');
}

async function* readOpening(path: string, start: number, end: number): AsyncGenerator<Buffer> {
  const handle = await open(path);
  try {
    yield* readStored(handle, path, start, end);
  } finally {
    await handle.close();
  }
}

/** Bytes of the tar from `start` up to, not including, `end`; every block header on the way is checked. */
async function* readStored(handle: FileHandle, path: string, start: number, end: number): AsyncGenerator<Buffer> {
  let at = start;
  while (at < end) {
    const block = Math.floor(at / BLOCK);
    const blocks = Math.min(STRIDE, Math.ceil(end / BLOCK) - block);
    const raw = Buffer.allocUnsafe(blocks * (BLOCK + BLOCK_HEADER));
    const { bytesRead } = await handle.read(raw, 0, raw.length, GZIP_HEADER + block * (BLOCK + BLOCK_HEADER));
    for (let index = 0; index < blocks && at < end; index++) {
      const data = blockData(raw.subarray(0, bytesRead).subarray(index * (BLOCK + BLOCK_HEADER)), path);
      const from = at - (block + index) * BLOCK;
      const part = data.subarray(from, Math.min(data.length, end - (block + index) * BLOCK));
      if (part.length === 0) return refuse(path, `ends at byte ${at} of the tar`, `${end} bytes`);
      yield part;
      at += part.length;
    }
  }
}

function blockData(bytes: Buffer, path: string): Buffer {
  if (bytes.length < BLOCK_HEADER) return refuse(path, 'cut short', 'a whole gzip');
  const [head, length] = [bytes.readUInt8(0), bytes.readUInt16LE(1)];
  const isStored = (head & 0xfe) === 0 && bytes.readUInt16LE(3) === (length ^ 0xffff);
  if (!isStored || (length !== BLOCK && (head & 1) === 0)) return refuse(path, 'another block layout', `stored blocks of ${BLOCK} bytes`);
  return bytes.subarray(BLOCK_HEADER, BLOCK_HEADER + length);
}

interface TarEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

async function* tarEntries(handle: FileHandle, path: string): AsyncGenerator<TarEntry> {
  for (let at = 0; ;) {
    const parts: Buffer[] = [];
    for await (const part of readStored(handle, path, at, at + TAR_BLOCK)) parts.push(part);
    const header = Buffer.concat(parts);
    if (header.every((byte) => byte === 0)) return;
    const text = (start: number, length: number): string => header.toString('latin1', start, start + length).replace(/\0.*$/s, '');
    const sizeText = text(124, 12).trim();
    if (text(257, 5) !== 'ustar' || !/^[0-7]+$/.test(sizeText)) return refuse(path, `no tar header at byte ${at}`, 'a ustar archive');
    const size = Number.parseInt(sizeText, 8);
    yield { name: text(0, 100), offset: at + TAR_BLOCK, size };
    at += TAR_BLOCK + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
}
