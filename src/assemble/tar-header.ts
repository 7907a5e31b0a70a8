/** A ustar header in which nothing depends on machine or moment: owner 0, mode 0644, mtime 0 (POSIX.1-1988, facts/oci.md 4.8). */
import { ShrinkwrapError } from '../domain/errors.ts';

export const TAR_BLOCK = 512;

/** What closes a tar: two empty blocks. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK);

const NAME_LENGTH = 100;
/** Eleven octal digits: 8 GiB - 1. */
const OCTAL_SIZE_LIMIT = 0o77777777777;

/** Bytes of zero after a file of `size`. */
export const tarPadding = (size: number): number => (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;

/** Header, content and padding. */
export const tarEntrySize = (size: number): number => TAR_BLOCK + size + tarPadding(size);

export function tarHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > NAME_LENGTH || name === '')
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'name in a tar', text: name, wanted: `1 to ${NAME_LENGTH} bytes` });
  const header = Buffer.alloc(TAR_BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  writeSize(header, size);
  header.write('00000000000\0', 136);
  header.write('        0', 148); // the checksum counts its own field as spaces; then the type: a file
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write('0000000\0', 329);
  header.write('0000000\0', 337);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Layers over 8 GiB need GNU's binary form, which docker, containerd, GNU tar and busybox read. */
function writeSize(header: Buffer, size: number): void {
  if (size <= OCTAL_SIZE_LIMIT) {
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    return;
  }
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(size), 128);
}
