/**
 * The two lists of subpackets in a signature (RFC 4880 section 5.2.3.1). Those of the second are not signed, yet snapd refuses an assertion over
 * malformed or unknown critical ones: what we accept must be accepted at the site, so only the kinds that occur are.
 */
import { malformed } from './malformed.ts';
import { byteReader } from './packet.ts';

const CREATION_TIME = 2;
const ISSUER = 16;
const ISSUER_FINGERPRINT = 33;

/** Bytes without the type: a time, a key id, a version and a fingerprint. */
const SIZES = new Map([
  [CREATION_TIME, 4],
  [ISSUER, 8],
  [ISSUER_FINGERPRINT, 21],
]);

export function checkSubpackets(hashed: Buffer, unhashed: Buffer, what: string): void {
  if (!readTypes(hashed, what).includes(CREATION_TIME)) return malformed(what, 'cannot decode signature: no creation time in signature');
  if (readTypes(unhashed, what).includes(CREATION_TIME)) return malformed(what, 'cannot decode signature: signature creation time in non-hashed area');
}

function readTypes(area: Buffer, what: string): number[] {
  const reader = byteReader(area, 'signature', what);
  const types: number[] = [];
  while (reader.left() > 0) {
    const first = reader.unsigned(1);
    const length = first < 192 ? first : first === 255 ? reader.unsigned(4) : ((first - 192) << 8) + reader.unsigned(1) + 192;
    if (length === 0) return malformed(what, 'cannot decode signature: zero length signature subpacket');
    const type = reader.unsigned(1);
    if (SIZES.get(type) !== length - 1) return malformed(what, `cannot decode signature: unsupported signature subpacket of type ${type} and length ${length}`);
    reader.take(length - 1);
    types.push(type);
  }
  return types;
}
