/** Zips for tests, right and wrong ones (PKWARE APPNOTE 4.3). */
import { crc32, deflateRawSync } from 'node:zlib';

export interface Member {
  readonly name: string;
  readonly bytes?: Buffer | string;
  /** Unix mode with its type bits. */
  readonly mode?: number;
  /** What the directory claims instead of the true size. */
  readonly claims?: number;
  readonly encrypted?: true;
}

export function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const { name, mode = 0o100644 } = member;
    const common = commonFields(member);
    const part = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), deflateRawSync(member.bytes ?? '')]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(mode * 0x10000, 6);
    tail.writeUInt32LE(offset, 10);
    records.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, tail, Buffer.from(name)]));
    parts.push(part);
    offset += part.length;
  }
  const directory = Buffer.concat(records);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06'), end]);
}

function commonFields({ name, bytes = '', claims, encrypted }: Member): Buffer {
  const plain = Buffer.from(bytes);
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(encrypted === true ? 1 : 0, 2);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(crc32(plain), 10);
  fields.writeUInt32LE(deflateRawSync(plain).length, 14);
  fields.writeUInt32LE(claims ?? plain.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}
