/** What a path of the user's is: an unpacked archive, a packed one, or some text. */
import { open } from 'node:fs/promises';
import { ShrinkwrapError } from '../domain/errors.ts';

export type FileKind = 'directory' | 'gzip' | 'other';

const GZIP = Buffer.from([0x1f, 0x8b]);

/** By its first two bytes. INPUT_ABSENT when there is none. */
export async function fileKind(path: string): Promise<FileKind> {
  const file = await open(path).catch((error: unknown) => {
    throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  });
  try {
    if ((await file.stat()).isDirectory()) return 'directory';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.equals(GZIP) ? 'gzip' : 'other';
  } finally {
    await file.close();
  }
}
