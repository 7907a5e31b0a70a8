/** Many chunks to one place of a file, in as many goes as the disk takes. */
import type { FileHandle } from 'node:fs/promises';

export const lengthOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

/** Bytes written: always all of them. */
export async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<number> {
  const size = lengthOf(chunks);
  const { bytesWritten } = await handle.writev([...chunks], position);
  if (bytesWritten < size) await writeAll(handle, [Buffer.concat(chunks).subarray(bytesWritten)], position + bytesWritten);
  return size;
}
