/**
 * CRC-32 of bytes that go into one gzip inside another: what is summed for the inner one is not summed again for the outer one. Two sums make that of
 * both together by arithmetic on polynomials over GF(2), as zlib's crc32_combine does.
 */
import { crc32 } from 'node:zlib';

const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
const known = new WeakMap<Uint8Array, number>();

/** The sum `crc` goes on with the bytes, whose own is used where it is known. */
export function addCrc(crc: number, bytes: Uint8Array): number {
  const own = known.get(bytes);
  return own === undefined ? crc32(bytes, crc) : joinCrc(crc, own, bytes.length);
}

/** Whoever gets these bytes has their sum; they must not change any more. */
export const noteCrc = (bytes: Uint8Array, crc: number): void => void known.set(bytes, crc);

/** The sum of what has the sum `first`, followed by `length` bytes that have the sum `second`. */
export const joinCrc = (first: number, second: number, length: number): number => (multiply(shiftOf(length), first) ^ second) >>> 0;

/** x^(8 · length) modulo the polynomial: what `length` bytes behind it do to a sum. */
function shiftOf(length: number): number {
  const there = shifts.get(length);
  if (there !== undefined) return there;
  let shift = ONE;
  let power = 0x00800000; // x^8
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = multiply(power, shift);
    power = multiply(power, power);
  }
  if (shifts.size < SHIFTS_KEPT) shifts.set(length, shift);
  return shift;
}

/** Nearly all pieces are as long as a block of the gzip, or as its header. */
const SHIFTS_KEPT = 64;
const shifts = new Map<number, number>();

/** Product of two polynomials, bits reflected. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}
