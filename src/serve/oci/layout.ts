/** Blobs of an image that shares one OCI layout with the others (docs/archive-format.md): those that its documents lead to, and no others. */
import { readFile } from 'node:fs/promises';
import type { Directory, StoredFile } from '../directory.ts';
import { isObject, optionalString, parseObject } from '../json.ts';
import type { ImageBlobs } from './image-file.ts';

/** `roots`: lower-case hex of the manifests and indexes to begin with. What is not there is left out. */
export async function readLayoutBlobs(directory: Directory, roots: readonly string[]): Promise<ImageBlobs> {
  const blobs = new Map<string, StoredFile>();
  const add = async (hex: string): Promise<StoredFile | undefined> => {
    const file = await directory.find(`containers/blobs/sha256/${hex}`);
    if (file !== undefined) blobs.set(hex, file);
    return file;
  };
  const addDocument = async (hex: string): Promise<void> => {
    if (blobs.has(hex)) return;
    const file = await add(hex);
    const document = file === undefined ? undefined : parseObject(await readFile(file.path));
    if (document === undefined) return;
    await Promise.all([document['config'], ...listOf(document['layers'])].flatMap(hexOf).map(add));
    await Promise.all(listOf(document['manifests']).flatMap(hexOf).map(addDocument));
  };
  await Promise.all(roots.map(addDocument));
  return blobs;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function hexOf(descriptor: unknown): string[] {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec((isObject(descriptor) ? optionalString(descriptor, 'digest') : undefined) ?? '') ?? [];
  return hex === undefined ? [] : [hex];
}
