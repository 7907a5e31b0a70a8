/** A small squashfs 4.0 without compression: enough for a snap that real tools open (facts/snap-store.md 7.1; kernel documentation filesystems/squashfs). */
import { METADATA_BYTES, writeTables } from './squashfs-tables.ts';
import { BLOCK_BYTES, type SquashfsFile, treeOf } from './squashfs-tree.ts';

const SUPERBLOCK_BYTES = 96;
const BLOCK_LOG = Math.log2(BLOCK_BYTES);
const NONE_64 = 0xffffffffffffffffn;
/** Inodes, data, fragments, attributes and ids stored; no fragments, no extended attributes. */
const FLAGS = 0x0001 | 0x0002 | 0x0008 | 0x0010 | 0x0100 | 0x0200 | 0x0800;
/** snapd pads to this, and so does mksquashfs. */
const PAGE = 4096;

export function squashfs(files: readonly SquashfsFile[], modified: Date): Buffer {
  const root = treeOf(files);
  const time = Math.floor(modified.getTime() / 1000);
  const data = dataBlocks(files);
  const tables = writeTables(root, data.starts, time);
  const inodes = metadataBlocks(tables.inodes);
  const folders = metadataBlocks(tables.folders);
  const ids = metadataBlocks(Buffer.alloc(4));
  const inodeTable = SUPERBLOCK_BYTES + data.bytes.length;
  const folderTable = inodeTable + inodes.length;
  const idBlock = folderTable + folders.length;
  const idTable = idBlock + ids.length;
  const idPointer = Buffer.alloc(8);
  idPointer.writeBigUInt64LE(BigInt(idBlock));
  const used = idTable + idPointer.length;
  const superblock = Buffer.alloc(SUPERBLOCK_BYTES);
  superblock.write('hsqs', 0);
  superblock.writeUInt32LE(root.number, 4);
  superblock.writeUInt32LE(time, 8);
  superblock.writeUInt32LE(BLOCK_BYTES, 12);
  superblock.writeUInt16LE(1, 20); // gzip, although nothing uses it: 0 is no compressor
  superblock.writeUInt16LE(BLOCK_LOG, 22);
  superblock.writeUInt16LE(FLAGS, 24);
  superblock.writeUInt16LE(1, 26);
  superblock.writeUInt16LE(4, 28);
  superblock.writeBigUInt64LE(tables.rootReference, 32);
  // Without fragments their table is as good as the place where it would begin.
  const addresses = [used, idTable, undefined, inodeTable, folderTable, idBlock, undefined];
  for (const [index, address] of addresses.entries()) superblock.writeBigUInt64LE(address === undefined ? NONE_64 : BigInt(address), 40 + index * 8);
  return Buffer.concat([superblock, data.bytes, inodes, folders, ids, idPointer, Buffer.alloc((PAGE - (used % PAGE)) % PAGE)]);
}

function dataBlocks(files: readonly SquashfsFile[]): { bytes: Buffer; starts: ReadonlyMap<SquashfsFile, number> } {
  let at = SUPERBLOCK_BYTES;
  const starts = new Map<SquashfsFile, number>();
  for (const file of files) {
    starts.set(file, at);
    at += file.bytes.length;
  }
  return { bytes: Buffer.concat(files.map(({ bytes }) => bytes)), starts };
}

function metadataBlocks(table: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < table.length; at += METADATA_BYTES) {
    const bytes = table.subarray(at, at + METADATA_BYTES);
    const header = Buffer.alloc(2);
    header.writeUInt16LE(bytes.length | 0x8000);
    blocks.push(header, bytes);
  }
  return Buffer.concat(blocks);
}
