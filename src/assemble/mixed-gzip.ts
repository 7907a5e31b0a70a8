/** One gzip stream that stores what is compressed already and deflates the rest; equal input gives equal output. */
import { constants, deflateRawSync } from 'node:zlib';
import { addCrc } from './crc.ts';
import { gzipTrailer } from './stored-gzip.ts';

/** A deflate block holds at most this many stored bytes (RFC 1951, 3.2.4). */
const STORED_BLOCK = 65_535;
/** Text is deflated in pieces of this size, so that memory stays flat. */
const DEFLATED_PIECE = 1 << 20;
/** Magic, deflate, no flags, no time, no hint, unknown system: nothing of this machine. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff]);

export interface MixedGzip {
  /** Announces the next `bytes` of the input; everything that comes must have been announced. */
  announce(bytes: number, form: 'stored' | 'deflated'): void;
  /** The next of the gzip. What is stored is not copied but cut out of the chunk, so that the chunk must stay as it is until the pieces are written. */
  frame(chunk: Uint8Array): Frame;
  /** The last of it. */
  end(): Buffer[];
}

export interface Frame {
  readonly pieces: readonly Buffer[];
  /** Where in the pieces, put together, the bytes of the chunk lie as they are. */
  readonly plain: readonly { readonly offset: number; readonly length: number }[];
}

interface Segment {
  remaining: number;
  readonly form: 'stored' | 'deflated';
}

type Out = (bytes: Buffer, how?: 'plain') => void;

/** `level` is zlib's, 0 to 9, for the deflated segments. */
export function createMixedGzip(level: number): MixedGzip {
  const segments: Segment[] = [];
  let crc = 0;
  let length = 0;
  let started = false;
  let blockLeft = 0;
  let piece: Buffer[] = [];
  let pieceLeft = 0;

  const emitStored = (out: Out, segment: Segment, bytes: Buffer): Buffer => {
    if (blockLeft === 0) {
      blockLeft = Math.min(STORED_BLOCK, segment.remaining);
      const header = Buffer.alloc(5);
      header.writeUInt16LE(blockLeft, 1);
      header.writeUInt16LE(blockLeft ^ 0xffff, 3);
      out(header);
    }
    const taken = bytes.subarray(0, blockLeft);
    blockLeft -= taken.length;
    out(taken, 'plain');
    return taken;
  };

  const emitDeflated = (out: Out, segment: Segment, bytes: Buffer): Buffer => {
    if (pieceLeft === 0) pieceLeft = Math.min(DEFLATED_PIECE, segment.remaining);
    const taken = bytes.subarray(0, pieceLeft);
    pieceLeft -= taken.length;
    piece.push(taken);
    if (pieceLeft === 0) {
      // A sync flush ends on a byte boundary without ending the stream, so that any block may follow.
      out(deflateRawSync(Buffer.concat(piece), { level, finishFlush: constants.Z_SYNC_FLUSH }));
      piece = [];
    }
    return taken;
  };

  const consume = (out: Out, chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      const segment = segments[0];
      if (segment === undefined) throw new Error(`${rest.length} bytes came that were not announced`);
      if (segment.remaining === 0) {
        segments.shift();
        continue;
      }
      const taken = segment.form === 'stored' ? emitStored(out, segment, rest) : emitDeflated(out, segment, rest);
      segment.remaining -= taken.length;
      rest = rest.subarray(taken.length);
    }
  };

  const opening = (): Buffer[] => {
    const first = started ? [] : [HEADER];
    started = true;
    return first;
  };

  return {
    announce: (bytes, form) => void segments.push({ remaining: bytes, form }),
    frame(chunk) {
      const pieces = opening();
      const plain: { offset: number; length: number }[] = [];
      let offset = pieces.length * HEADER.length;
      crc = addCrc(crc, chunk);
      length += chunk.length;
      consume(
        (bytes, how) => {
          pieces.push(bytes);
          if (how === 'plain') plain.push({ offset, length: bytes.length });
          offset += bytes.length;
        },
        Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length),
      );
      return { pieces, plain };
    },
    end() {
      const missing = segments.reduce((sum, { remaining }) => sum + remaining, 0);
      if (missing > 0) throw new Error(`${missing} announced bytes did not come`);
      return [...opening(), LAST_BLOCK, gzipTrailer(crc, length)];
    },
  };
}
