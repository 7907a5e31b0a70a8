/** The envelope of keys and signatures: base64 of one 0x01 byte and exactly one OpenPGP packet (facts/snap-store.md 3.3; RFC 4880 section 4.2). */
import { malformed } from './malformed.ts';

const VERSION = 1;
const LINE_LIMIT = 76;

export const TAG = { signature: 2, 'public key': 6 } as const;
export type PacketKind = keyof typeof TAG;

/** Reads forward and fails instead of passing the end. */
export interface ByteReader {
  take(count: number): Buffer;
  unsigned(width: 1 | 2 | 4): number;
  /** A multi-precision integer: u16 count of bits, then the bytes. Leading zero bits occur in real signatures. */
  integer(): Buffer;
  /** Bytes that are still there. */
  left(): number;
  end(): void;
}

export function readPacket(text: Buffer, kind: PacketKind, what: string): ByteReader {
  const raw = dearmor(text, kind, what);
  if (raw[0] !== VERSION) return malformed(what, `unsupported ${kind} format version: ${raw[0] ?? 'none'}`);
  const reader = byteReader(raw.subarray(1), kind, what);
  const tag = reader.unsigned(1);
  if ((tag & 0x80) === 0) return malformed(what, `cannot decode ${kind}: tag byte does not have MSB set`);
  const isNew = (tag & 0x40) !== 0;
  const number = isNew ? tag & 0x3f : (tag >> 2) & 0x0f;
  if (number !== TAG[kind]) return malformed(what, `expected ${kind}, got instead: packet with tag ${number}`);
  const length = isNew ? newLength(reader, kind, what) : oldLength(reader, tag & 3, kind, what);
  const body = reader.take(length);
  reader.end();
  return byteReader(body, kind, what);
}

/** Strict base64: one spelling of the same bytes only, lines as snapd wraps them. */
function dearmor(text: Buffer, kind: PacketKind, what: string): Buffer {
  const lines = text.toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return malformed(what, `cannot decode ${kind}: no data`);
  const flat = lines.join('');
  const raw = Buffer.from(flat, 'base64');
  const isStrict = raw.toString('base64') === flat && lines.every((line) => line.length > 0 && line.length <= LINE_LIMIT);
  return isStrict ? raw : malformed(what, `cannot decode ${kind}: illegal base64 data`);
}

function newLength(reader: ByteReader, kind: PacketKind, what: string): number {
  const first = reader.unsigned(1);
  if (first < 192) return first;
  if (first < 224) return ((first - 192) << 8) + reader.unsigned(1) + 192;
  return first === 255 ? reader.unsigned(4) : malformed(what, `cannot decode ${kind}: partial packet length`);
}

function oldLength(reader: ByteReader, lengthType: number, kind: PacketKind, what: string): number {
  if (lengthType === 0) return reader.unsigned(1);
  if (lengthType === 1) return reader.unsigned(2);
  return lengthType === 2 ? reader.unsigned(4) : malformed(what, `cannot decode ${kind}: indeterminate packet length`);
}

export function byteReader(bytes: Buffer, kind: PacketKind, what: string): ByteReader {
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) return malformed(what, `cannot decode ${kind}: unexpected EOF`);
    at += count;
    return bytes.subarray(at - count, at);
  };
  const unsigned = (width: 1 | 2 | 4): number => take(width).readUIntBE(0, width);
  return {
    take,
    unsigned,
    integer: () => take((unsigned(2) + 7) >> 3),
    left: () => bytes.length - at,
    end: () => {
      if (at !== bytes.length) malformed(what, `${kind} has spurious trailing data`);
    },
  };
}
