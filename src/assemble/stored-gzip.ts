/**
 * Gzip without deflate: blobs are compressed already, and stored blocks of one length are the only gzip whose bytes and size are the
 * same with every zlib (RFC 1951 §3.2.4, RFC 1952; facts/oci.md 4.8, 4.9).
 */
import { crc32 } from 'node:zlib';
import { joinCrc, noteCrc } from './crc.ts';
import { takeFrame } from './frames.ts';
import { lengthOf } from '../store/write-all.ts';
import { splitViews } from './split-views.ts';

/** The longest a stored block can be. */
export const STORED_BLOCK = 0xffff;
/** Final bit and type, LEN, NLEN. */
export const STORED_BLOCK_HEADER = 5;
/** Deflate, no flags, mtime 0, no extra flags, system unknown. */
export const STORED_GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const TRAILER = 8;
/** Blocks handed on at a time, about 2 MiB: small chunks cost more than the copying. */
const BLOCKS_AT_ONCE = 32;

const blocksOf = (size: number): number => Math.max(1, Math.ceil(size / STORED_BLOCK));

/** Exact bytes of the gzip of `size` bytes. */
export const storedGzipSize = (size: number): number => STORED_GZIP_HEADER.length + size + blocksOf(size) * STORED_BLOCK_HEADER + TRAILER;

/** So many bytes that are read straight to where they go: a copy of everything costs more than its digest. */
export interface Piece {
  readonly size: number;
  /** Fills the views with its next bytes. */
  read(views: readonly Uint8Array[]): Promise<void> | void;
}

/** `size` is what the pieces have in all; another number is a mistake of the caller's and throws. */
export async function* storedGzip(pieces: AsyncIterable<Uint8Array | Piece>, size: number): AsyncGenerator<Buffer, void, undefined> {
  yield STORED_GZIP_HEADER;
  let crc = 0;
  let left = size;
  let frame = frameOf(left);
  if (size === 0) yield frame.bytes;
  for await (const each of pieces) {
    const piece = each instanceof Uint8Array ? inMemory(each) : each;
    if (piece.size > left) throw new RangeError(`more than the ${size} bytes announced`);
    for (let todo = piece.size; todo > 0;) {
      const [views, free] = splitViews(frame.free, todo);
      await piece.read(views);
      for (const view of views) {
        const sum = { crc: crc32(view), length: view.length };
        crc = joinCrc(crc, sum.crc, sum.length);
        frame.sums.push(sum);
      }
      const filled = lengthOf(views);
      todo -= filled;
      left -= filled;
      frame.free = free;
      if (free.length > 0) continue;
      noteCrc(frame.bytes, frameCrc(frame));
      yield frame.bytes;
      frame = frameOf(left);
    }
  }
  if (left !== 0) throw new RangeError(`${left} bytes fewer than the ${size} announced`);
  yield gzipTrailer(crc, size);
}

function inMemory(bytes: Uint8Array): Piece {
  let at = 0;
  return {
    size: bytes.length,
    read(views) {
      for (const view of views) {
        view.set(bytes.subarray(at, at + view.length));
        at += view.length;
      }
    },
  };
}

interface Frame {
  readonly bytes: Buffer;
  /** What of the blocks is not filled yet. */
  free: readonly Uint8Array[];
  /** CRC-32 of what was filled, from front to back; no part of it reaches over two blocks. */
  readonly sums: { readonly crc: number; readonly length: number }[];
}

/** The next blocks with their headers, and room for what is in them; of nothing the one empty block that ends a gzip of nothing. */
function frameOf(left: number): Frame {
  const length = Math.min(left, BLOCKS_AT_ONCE * STORED_BLOCK);
  const bytes = takeFrame(length + blocksOf(length) * STORED_BLOCK_HEADER);
  const free: Uint8Array[] = [];
  for (let at = 0, done = 0; at < bytes.length;) {
    const start = writeBlockHeader(bytes, at, left - done);
    at = start + Math.min(left - done, STORED_BLOCK);
    done += at - start;
    if (at > start) free.push(bytes.subarray(start, at));
  }
  return { bytes, free, sums: [] };
}

/** Of the whole frame: only the headers are summed anew. */
function frameCrc({ bytes, sums }: Frame): number {
  let crc = 0;
  let at = 0;
  let end = 0;
  for (const sum of sums) {
    if (at === end) {
      crc = crc32(bytes.subarray(at, at + STORED_BLOCK_HEADER), crc);
      end = at + STORED_BLOCK_HEADER + bytes.readUInt16LE(at + 1);
      at += STORED_BLOCK_HEADER;
    }
    crc = joinCrc(crc, sum.crc, sum.length);
    at += sum.length;
  }
  return crc;
}

function writeBlockHeader(out: Buffer, at: number, left: number): number {
  const length = Math.min(left, STORED_BLOCK);
  out[at] = left <= STORED_BLOCK ? 1 : 0;
  out.writeUInt16LE(length, at + 1);
  out.writeUInt16LE(length ^ STORED_BLOCK, at + 3);
  return at + STORED_BLOCK_HEADER;
}

/** CRC-32 and size of what went in, modulo 2^32 (RFC 1952 §2.3.1). */
export function gzipTrailer(crc: number, size: number): Buffer {
  const bytes = Buffer.alloc(TRAILER);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(size % 2 ** 32, 4);
  return bytes;
}
