/** Inode and directory tables of a squashfs 4.0, before they are cut into metadata blocks. */
import { groupBy } from '#src/domain/group-by.js';
import { BLOCK_BYTES, type FileNode, type FolderNode, type Node, type SquashfsFile } from './squashfs-tree.ts';

export const METADATA_BYTES = 8192;
const FOLDER_TYPE = 1;
const FILE_TYPE = 2;
const NONE_32 = 0xffffffff;
/** In the list of block sizes: this block is not compressed. */
const STORED_BLOCK = 1 << 24;

interface Tables {
  readonly inodes: Buffer;
  readonly folders: Buffer;
  readonly rootReference: bigint;
}

/** Where a byte of a table lies once it is cut into stored metadata blocks of equal size: start of the block, place in it. */
const placeOf = (at: number): { block: number; offset: number } => ({
  block: Math.floor(at / METADATA_BYTES) * (METADATA_BYTES + 2),
  offset: at % METADATA_BYTES,
});

export function writeTables(root: FolderNode, starts: ReadonlyMap<SquashfsFile, number>, time: number): Tables {
  const inodes: Buffer[] = [];
  const folders: Buffer[] = [];
  const lengths = { inodes: 0, folders: 0 };
  const places = new Map<Node, number>();
  const add = (node: Node, inode: Buffer): void => {
    places.set(node, lengths.inodes);
    inodes.push(inode);
    lengths.inodes += inode.length;
  };
  const write = (node: Node, parent: number): void => {
    if (node.kind === 'file') return add(node, fileInode(node, starts.get(node.file) ?? 0, time));
    for (const child of node.children) write(child, node.number);
    const listing = folderListing(node.children, places);
    add(node, folderInode(node, parent, lengths.folders, listing.length, time));
    folders.push(listing);
    lengths.folders += listing.length;
  };
  write(root, root.number + 1);
  const { block, offset } = placeOf(places.get(root) ?? 0);
  return { inodes: Buffer.concat(inodes), folders: Buffer.concat(folders), rootReference: (BigInt(block) << 16n) | BigInt(offset) };
}

function inodeHeader(length: number, type: number, mode: number, time: number, number: number): Buffer {
  const inode = Buffer.alloc(length);
  inode.writeUInt16LE(type, 0);
  inode.writeUInt16LE(mode, 2);
  inode.writeUInt32LE(time, 8);
  inode.writeUInt32LE(number, 12);
  return inode;
}

function fileInode({ number, file }: FileNode, start: number, time: number): Buffer {
  const sizes = Array.from({ length: Math.ceil(file.bytes.length / BLOCK_BYTES) }, (_, index) =>
    Math.min(BLOCK_BYTES, file.bytes.length - index * BLOCK_BYTES),
  );
  const inode = inodeHeader(32 + 4 * sizes.length, FILE_TYPE, file.executable === true ? 0o755 : 0o644, time, number);
  inode.writeUInt32LE(start, 16);
  inode.writeUInt32LE(NONE_32, 20);
  inode.writeUInt32LE(file.bytes.length, 28);
  for (const [index, size] of sizes.entries()) inode.writeUInt32LE(size | STORED_BLOCK, 32 + 4 * index);
  return inode;
}

function folderInode({ number, children }: FolderNode, parent: number, at: number, listed: number, time: number): Buffer {
  const inode = inodeHeader(32, FOLDER_TYPE, 0o755, time, number);
  const { block, offset } = placeOf(at);
  inode.writeUInt32LE(block, 16);
  inode.writeUInt32LE(2 + children.filter(({ kind }) => kind === 'folder').length, 20);
  inode.writeUInt16LE(listed + 3, 24); // "." and ".." are counted though not listed
  inode.writeUInt16LE(offset, 26);
  inode.writeUInt32LE(parent, 28);
  return inode;
}

/** One header for each run of entries whose inodes lie in one metadata block. */
function folderListing(children: readonly Node[], places: ReadonlyMap<Node, number>): Buffer {
  const placed = children.map((node) => ({ node, ...placeOf(places.get(node) ?? 0) }));
  return Buffer.concat(
    [...groupBy(placed, ({ block }) => block)].flatMap(([block, entries]) => {
      const base = entries[0]?.node.number ?? 0;
      const header = Buffer.alloc(12);
      header.writeUInt32LE(entries.length - 1, 0);
      header.writeUInt32LE(block, 4);
      header.writeUInt32LE(base, 8);
      return [header, ...entries.map(({ node, offset }) => folderEntry(node, offset, base))];
    }),
  );
}

function folderEntry({ name, number, kind }: Node, offset: number, base: number): Buffer {
  const entry = Buffer.alloc(8);
  entry.writeUInt16LE(offset, 0);
  entry.writeInt16LE(number - base, 2);
  entry.writeUInt16LE(kind === 'file' ? FILE_TYPE : FOLDER_TYPE, 4);
  entry.writeUInt16LE(Buffer.byteLength(name) - 1, 6);
  return Buffer.concat([entry, Buffer.from(name)]);
}
