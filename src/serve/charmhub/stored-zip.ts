/** A small zip without compression and with fixed times: the same bytes for the same files, everywhere (PKWARE APPNOTE 4.3). */
import { crc32 } from 'node:zlib';

export interface ZipMember {
  readonly name: string;
  readonly bytes: Buffer;
}

/** 1980-01-01, the first day that the format knows. */
const DOS_DATE = 0x0021;
const VERSION = 20;
/** Made on Unix, so that the mode in the upper half of the external attributes counts. */
const MADE_BY = (3 << 8) | VERSION;
const MODE = 0o100644;

/** What the local header and the central directory have in common. */
function commonFields({ name, bytes }: ZipMember): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(0, 2);
  fields.writeUInt16LE(0, 4);
  fields.writeUInt16LE(0, 6);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  fields.writeUInt16LE(0, 24);
  return fields;
}

const signature = (value: number): Buffer => Buffer.from([0x50, 0x4b, value & 0xff, value >> 8]);

function centralRecord(member: ZipMember, offset: number): Buffer {
  const [madeBy, tail] = [Buffer.alloc(2), Buffer.alloc(14)];
  madeBy.writeUInt16LE(MADE_BY);
  tail.writeUInt32LE(MODE * 0x10000, 6);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([signature(0x0201), madeBy, commonFields(member), tail, Buffer.from(member.name)]);
}

export function storedZip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const part = Buffer.concat([signature(0x0403), commonFields(member), Buffer.from(member.name), member.bytes]);
    records.push(centralRecord(member, offset));
    parts.push(part);
    offset += part.length;
  }
  const directory = Buffer.concat(records);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, signature(0x0605), end]);
}
