/** A file of this machine into the store under its digest: later stages know it by that alone. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { digest } from '../domain/digest.ts';
import type { Download } from '../domain/releases.ts';
import type { Store } from '../store/store.ts';

const CHUNK = 1 << 20;

export async function keepLocalFile(path: string, store: Store, signal: AbortSignal): Promise<Download | { readonly refused: string }> {
  const found = await stat(path).catch((error: unknown) => error as NodeJS.ErrnoException);
  if (found instanceof Error) return { refused: found.code === 'ENOENT' || found.code === 'ENOTDIR' ? 'is not there' : found.message };
  if (found.isDirectory()) return { refused: 'is a directory; Juju 4 takes packed charms only, and so does this' };
  // A pipe or a device has no end that could be known beforehand.
  if (!found.isFile()) return { refused: 'is not a plain file' };
  const name = basename(path).replaceAll(/[^A-Za-z0-9._+-]/g, '_');
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK, signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  const known = digest('sha256', hash.digest('hex'));
  const expect = { what: name, size, digests: [known] };
  if ((await store.find(known, size)) === undefined) {
    if (size === 0) await store.put(Buffer.alloc(0), expect);
    else await store.write(createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>, expect, { offset: 0, signal });
  }
  return { source: `local:${name}`, size, digest: known };
}
