/** Checks the signature of an assertion: RSASSA-PKCS1-v1_5 with SHA-512 in an OpenPGP v4 packet (facts/snap-store.md 3.3). Throws when anything is off. */
import { constants, createHash, verify } from 'node:crypto';
import type { Assertion } from './assertion.ts';
import { malformed } from './malformed.ts';
import { type ByteReader, readPacket } from './packet.ts';
import type { PublicKey } from './public-key.ts';
import { checkSubpackets } from './subpackets.ts';

/** Version 4, binary document, RSA, SHA-512: the only kind that snapd makes. */
const KIND = Buffer.from([4, 0x00, 1, 10]);

interface SignaturePacket {
  /** From the version byte to the end of the hashed subpackets: signed together with the content. */
  readonly hashed: Buffer;
  /** First two bytes of the digest. */
  readonly hashTag: Buffer;
  readonly number: Buffer;
}

export function verifySignature({ content, signature }: Pick<Assertion, 'content' | 'signature'>, key: PublicKey, what: string): void {
  const { hashed, hashTag, number } = readSignature(readPacket(signature, 'signature', what), what);
  const signed = Buffer.concat([content, signedTrailer(hashed)]);
  if (!createHash('sha512').update(signed).digest().subarray(0, 2).equals(hashTag)) {
    return malformed(what, "openpgp: invalid signature: hash tag doesn't match");
  }
  // The number loses its leading zeros in the packet; RSA wants it as long as the modulus.
  const padding = key.byteLength - number.length;
  const padded = padding < 0 ? number : Buffer.concat([Buffer.alloc(padding), number]);
  const isValid = padding >= 0 && verify('sha512', signed, { key: key.key, padding: constants.RSA_PKCS1_PADDING }, padded);
  if (!isValid) return malformed(what, 'openpgp: invalid signature: RSA verification failure');
}

/** What follows the content in the signed bytes: the hashed part of the packet and its length (RFC 4880 section 5.2.4). */
export function signedTrailer(hashed: Buffer): Buffer {
  const end = Buffer.from([4, 0xff, 0, 0, 0, 0]);
  end.writeUInt32BE(hashed.length, 2);
  return Buffer.concat([hashed, end]);
}

function readSignature(packet: ByteReader, what: string): SignaturePacket {
  const kind = packet.take(KIND.length);
  if (!kind.equals(KIND)) return malformed(what, `not a version 4 RSA signature with SHA-512: packet starts with ${kind.toString('hex')}`);
  const hashedLength = packet.take(2);
  const hashedParts = packet.take(hashedLength.readUInt16BE(0));
  checkSubpackets(hashedParts, packet.take(packet.unsigned(2)), what);
  const hashTag = packet.take(2);
  const number = packet.integer();
  packet.end();
  return { hashed: Buffer.concat([kind, hashedLength, hashedParts]), hashTag, number };
}
