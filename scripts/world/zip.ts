/** A zip that is the same bytes for the same files: stored, fixed dates, Unix modes (PKWARE APPNOTE 4.3, 4.4). */
import { crc32 } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** `dispatch`, hooks and actions: a charm whose bits are lost does not start (facts/charmhub-juju.md 3.9). */
  readonly executable?: boolean;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_RECORD = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const VERSION_NEEDED = 20;
/** 3 = Unix: then the upper half of the external attributes is the mode. */
const MADE_BY_UNIX = (3 << 8) | VERSION_NEEDED;
/** Names are UTF-8. */
const FLAGS = 1 << 11;
/** 1980-01-01 00:00, the first moment the format knows. */
const DOS_DATE = (1 << 5) | 1;
const REGULAR_FILE = 0o100000;

/** Files in the order given. */
export function zip(files: readonly ZipFile[]): Buffer {
  const bodies: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const body = Buffer.concat([localHeader(file), Buffer.from(file.name), file.bytes]);
    records.push(Buffer.concat([centralRecord(file, offset), Buffer.from(file.name)]));
    bodies.push(body);
    offset += body.length;
  }
  const directory = Buffer.concat(records);
  return Buffer.concat([...bodies, directory, endOfDirectory(files.length, directory.length, offset)]);
}

function localHeader({ name, bytes }: ZipFile): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL_HEADER, 0);
  writeFields(header, 4, name, bytes);
  return header;
}

function centralRecord({ name, bytes, executable = false }: ZipFile, offset: number): Buffer {
  const record = Buffer.alloc(46);
  record.writeUInt32LE(CENTRAL_RECORD, 0);
  record.writeUInt16LE(MADE_BY_UNIX, 4);
  writeFields(record, 6, name, bytes);
  record.writeUInt32LE((REGULAR_FILE | (executable ? 0o755 : 0o644)) * 0x10000, 38);
  record.writeUInt32LE(offset, 42);
  return record;
}

/** From the version needed to the length of the name: the same 24 bytes in both headers. Method 0 is "stored". */
function writeFields(header: Buffer, at: number, name: string, bytes: Buffer): void {
  header.writeUInt16LE(VERSION_NEEDED, at);
  header.writeUInt16LE(FLAGS, at + 2);
  header.writeUInt16LE(DOS_DATE, at + 8);
  header.writeUInt32LE(crc32(bytes), at + 10);
  header.writeUInt32LE(bytes.length, at + 14);
  header.writeUInt32LE(bytes.length, at + 18);
  header.writeUInt16LE(Buffer.byteLength(name), at + 22);
}

function endOfDirectory(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
