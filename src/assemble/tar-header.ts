/** A ustar header in which nothing depends on machine or moment: owner 0, and unless told otherwise mode 0644 and mtime 0 (POSIX.1-1988, facts/oci.md 4.8). */
import { ShrinkwrapError } from '../domain/errors.ts';

export const TAR_BLOCK = 512;

/** What closes a tar: two empty blocks. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK);

const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;
/** Eleven octal digits: 8 GiB - 1. */
const OCTAL_SIZE_LIMIT = 0o77777777777;

/** Bytes of zero after a file of `size`. */
export const tarPadding = (size: number): number => (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;

/** Header, content and padding. */
export const tarEntrySize = (size: number): number => TAR_BLOCK + size + tarPadding(size);

export interface TarAttributes {
  readonly mode?: number;
  /** Full seconds count. */
  readonly mtime?: Date;
}

/** INPUT_MALFORMED for a name that the two fields of a header cannot hold. */
export function tarHeader(path: string, size: number, { mode = 0o644, mtime = new Date(0) }: TarAttributes = {}): Buffer {
  const split = splitName(path);
  if (split === undefined)
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'name in a tar', text: path, wanted: `1 to ${NAME_LENGTH} bytes, or a path that can be cut so` });
  const { prefix, name } = split;
  const header = Buffer.alloc(TAR_BLOCK);
  header.write(name, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  writeSize(header, size);
  header.write(octal(Math.floor(mtime.getTime() / 1000), 11), 136);
  header.write('        0', 148); // the checksum counts its own field as spaces; then the type: a file
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write(octal(0, 7), 329);
  header.write(octal(0, 7), 337);
  header.write(prefix, 345);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${octal(checksum, 6)} `, 148);
  return header;
}

export const fitsTarHeader = (path: string): boolean => splitName(path) !== undefined;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** What does not fit the field of the name is cut at a slash, the rest of the path goes before it. */
function splitName(path: string): { prefix: string; name: string } | undefined {
  if (Buffer.byteLength(path) <= NAME_LENGTH && path !== '') return { prefix: '', name: path };
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= PREFIX_LENGTH && Buffer.byteLength(name) <= NAME_LENGTH && name !== '') return { prefix, name };
  }
  return undefined;
}

/** Layers over 8 GiB need GNU's binary form, which docker, containerd, GNU tar and busybox read. */
function writeSize(header: Buffer, size: number): void {
  if (size <= OCTAL_SIZE_LIMIT) {
    header.write(octal(size, 11), 124);
    return;
  }
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(size), 128);
}
