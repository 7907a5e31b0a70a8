/** The world's directory: every file goes through here, so that its size and digest are known. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sortedBy } from '#src/domain/sorted.js';

export interface WrittenFile {
  readonly path: string;
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface Tree {
  write(path: string, content: Buffer | string): Promise<WrittenFile>;
  stream(path: string, content: Readable, signal: AbortSignal): Promise<WrittenFile>;
  /** Sorted by path. */
  files(): readonly WrittenFile[];
}

export function createTree(root: string): Tree {
  const written = new Map<string, WrittenFile>();
  const place = async (path: string): Promise<string> => {
    if (written.has(path)) throw new Error(`${path} is written twice`);
    const full = join(root, path);
    await mkdir(dirname(full), { recursive: true });
    return full;
  };
  const record = (file: WrittenFile): WrittenFile => {
    written.set(file.path, file);
    return file;
  };
  return {
    async write(path, content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      await writeFile(await place(path), bytes);
      return record({ path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    },
    async stream(path, content, signal) {
      const hash = createHash('sha256');
      let size = 0;
      const tap = new Transform({
        transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
          hash.update(chunk);
          size += chunk.length;
          done(null, chunk);
        },
      });
      await pipeline(content, tap, createWriteStream(await place(path)), { signal });
      return record({ path, size, sha256: hash.digest('hex') });
    },
    files: () => sortedBy(written.values(), ({ path }) => path),
  };
}
