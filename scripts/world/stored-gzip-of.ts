/** Gzip without deflate of bytes in memory: the same with every zlib. */
import { storedGzip } from '#src/assemble/stored-gzip.js';

export async function storedGzipOf(bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of storedGzip(chunksOf(bytes), bytes.length)) parts.push(part);
  return Buffer.concat(parts);
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield bytes;
}
