/**
 * Gzip without deflate: blobs are compressed already, and stored blocks of one length are the only gzip whose bytes and size are the
 * same with every zlib (RFC 1951 §3.2.4, RFC 1952; facts/oci.md 4.8, 4.9).
 */
import { crc32 } from 'node:zlib';

/** The longest a stored block can be. */
export const STORED_BLOCK = 0xffff;
/** Final bit and type, LEN, NLEN. */
export const STORED_BLOCK_HEADER = 5;
/** Deflate, no flags, mtime 0, no extra flags, system unknown. */
export const STORED_GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const TRAILER = 8;
/** Blocks handed on at a time, about 1 MiB: small chunks cost more than the copying. */
const BLOCKS_AT_ONCE = 16;

const blocksOf = (size: number): number => Math.max(1, Math.ceil(size / STORED_BLOCK));

/** Exact bytes of the gzip of `size` bytes. */
export const storedGzipSize = (size: number): number => STORED_GZIP_HEADER.length + size + blocksOf(size) * STORED_BLOCK_HEADER + TRAILER;

/** `size` is what `bytes` will yield in all; another number is a mistake of the caller's and throws. */
export async function* storedGzip(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void, undefined> {
  yield STORED_GZIP_HEADER;
  let crc = 0;
  let left = size;
  let out = frameBuffer(left);
  let at = size === 0 ? writeBlockHeader(out, 0, 0) : 0;
  let inBlock = 0;
  for await (const chunk of bytes) {
    if (chunk.length > left) throw new RangeError(`more than the ${size} bytes announced`);
    crc = crc32(chunk, crc);
    for (let from = 0; from < chunk.length;) {
      if (inBlock === 0) {
        if (at === out.length) {
          yield out;
          out = frameBuffer(left);
          at = 0;
        }
        inBlock = Math.min(left, STORED_BLOCK);
        at = writeBlockHeader(out, at, left);
      }
      const part = chunk.subarray(from, from + inBlock);
      out.set(part, at);
      at += part.length;
      from += part.length;
      inBlock -= part.length;
      left -= part.length;
    }
  }
  if (left !== 0) throw new RangeError(`${left} bytes fewer than the ${size} announced`);
  yield out.subarray(0, at);
  yield gzipTrailer(crc, size);
}

/** Room for the next blocks and not more, so that a full buffer always ends with a block. */
function frameBuffer(left: number): Buffer {
  const length = Math.min(left, BLOCKS_AT_ONCE * STORED_BLOCK);
  return Buffer.allocUnsafeSlow(length + blocksOf(length) * STORED_BLOCK_HEADER);
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
