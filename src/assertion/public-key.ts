/** RSA public keys in the packet of account-keys; the key id is the SHA3-384 of that packet in its one canonical spelling (facts/snap-store.md 3.4). */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { malformed, quoted } from './malformed.ts';
import { readPacket } from './packet.ts';

/** Every snapd key claims 2016-01-01, so that equal numbers have equal ids. */
const FIXED_CREATION_TIME = 1_451_606_400;
const RSA = 1;
const BITS = { least: 2048, most: 16_384 };

export interface PublicKey {
  /** Unpadded base64url, 64 characters. */
  readonly id: string;
  readonly bits: number;
  /** Length of a signature made with it. */
  readonly byteLength: number;
  readonly key: KeyObject;
}

export function decodePublicKey(text: Buffer, what: string): PublicKey {
  const packet = readPacket(text, 'public key', what);
  const version = packet.unsigned(1);
  if (version !== 4) return malformed(what, `cannot decode public key: unsupported packet version ${version}`);
  const created = packet.unsigned(4);
  if (created !== FIXED_CREATION_TIME) return malformed(what, `cannot decode public key: creation time ${created} is not the fixed one`);
  const algorithm = packet.unsigned(1);
  if (algorithm !== RSA) return malformed(what, `expected RSA public key, got instead: algorithm ${algorithm}`);
  const modulus = packet.integer();
  const exponent = packet.integer();
  packet.end();
  return publicKey(modulus, exponent, what);
}

/** A key from its numbers, big-endian. */
export function publicKey(modulus: Buffer, exponent: Buffer, what: string): PublicKey {
  const bits = bitLength(modulus);
  if (bits < BITS.least || bits > BITS.most) return malformed(what, `RSA key of ${bits} bits: only ${BITS.least} to ${BITS.most} are accepted`);
  if (bitLength(exponent) < 2 || bitLength(exponent) > 32 || ((exponent.at(-1) ?? 0) & 1) === 0) {
    return malformed(what, `RSA exponent ${quoted(exponent.toString('hex'))} is not an odd number of 2 to 32 bits`);
  }
  const id = createHash('sha3-384').update(publicKeyPacket(modulus, exponent)).digest('base64url');
  const jwk = { kty: 'RSA', n: trim(modulus).toString('base64url'), e: trim(exponent).toString('base64url') };
  return { id, bits, byteLength: Math.ceil(bits / 8), key: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/** Version byte and packet, as the body of an account-key holds them in base64. */
export function publicKeyPacket(modulus: Buffer, exponent: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(4, 0);
  head.writeUInt32BE(FIXED_CREATION_TIME, 1);
  head.writeUInt8(RSA, 5);
  const body = Buffer.concat([head, integerBytes(modulus), integerBytes(exponent)]);
  return Buffer.concat([Buffer.from([1, 0xc6]), lengthBytes(body.length), body]);
}

/** Length of a packet in the new format of RFC 4880 section 4.2.2. */
export function lengthBytes(length: number): Buffer {
  if (length < 192) return Buffer.from([length]);
  if (length < 8384) return Buffer.from([((length - 192) >> 8) + 192, (length - 192) & 0xff]);
  const long = Buffer.alloc(5, 0xff);
  long.writeUInt32BE(length, 1);
  return long;
}

/** A multi-precision integer without leading zeros. */
export function integerBytes(number: Buffer): Buffer {
  const bits = Buffer.alloc(2);
  bits.writeUInt16BE(bitLength(number));
  return Buffer.concat([bits, trim(number)]);
}

function trim(number: Buffer): Buffer {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? Buffer.alloc(0) : number.subarray(first);
}

function bitLength(number: Buffer): number {
  const bytes = trim(number);
  return bytes.length === 0 ? 0 : (bytes.length - 1) * 8 + (32 - Math.clz32(bytes[0] ?? 0));
}
