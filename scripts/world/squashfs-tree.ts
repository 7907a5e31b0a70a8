/** The folders and files of a squashfs with the numbers of their inodes. */
import { sortedBy } from '#src/domain/sorted.js';
import { groupBy } from '#src/domain/group-by.js';

export const BLOCK_BYTES = 131_072;

export interface SquashfsFile {
  /** `meta/snap.yaml`; folders come from the paths. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly executable?: boolean;
}

export type FolderNode = { readonly kind: 'folder'; readonly name: string; readonly number: number; readonly children: readonly Node[] };
export type FileNode = { readonly kind: 'file'; readonly name: string; readonly number: number; readonly file: SquashfsFile };
export type Node = FolderNode | FileNode;

/** Folders and files by name; children get their numbers before their folder, the root the last. */
export function treeOf(files: readonly SquashfsFile[]): FolderNode {
  let next = 0;
  const folder = (name: string, below: readonly { readonly rest: readonly string[]; readonly file: SquashfsFile }[]): FolderNode => {
    const byName = groupBy(below, ({ rest }) => rest[0] ?? '');
    const children = sortedBy(byName, ([child]) => child).map(([child, group]): Node => {
      const [first] = group;
      if (first !== undefined && first.rest.length === 1) return { kind: 'file', name: child, number: (next += 1), file: first.file };
      return folder(
        child,
        group.map(({ rest, file }) => ({ rest: rest.slice(1), file })),
      );
    });
    return { kind: 'folder', name, number: (next += 1), children };
  };
  return folder(
    '',
    files.map((file) => ({ rest: file.path.split('/'), file })),
  );
}
