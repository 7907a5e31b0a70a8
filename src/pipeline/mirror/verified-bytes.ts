/** Bytes on their way from one registry to another: counted and hashed, so that nothing else than what was meant is passed on. */
import { createHash } from 'node:crypto';
import type { Descriptor } from '../../domain/artifact.ts';
import { formatDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';

/** Fails with INTEGRITY_MISMATCH as soon as there are too many, or at the end when they are too few or others. */
export async function* verifiedBytes(source: AsyncIterable<Uint8Array>, { digest, size }: Descriptor): AsyncGenerator<Uint8Array, void, undefined> {
  const what = `blob ${formatDigest(digest)}`;
  const mismatch = (field: string, wanted: string, found: string): ShrinkwrapError => new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field, wanted, found });
  const hash = createHash(digest.algorithm);
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > size) throw mismatch('size', String(size), `at least ${total}`);
    hash.update(chunk);
    yield chunk;
  }
  if (total !== size) throw mismatch('size', String(size), String(total));
  const found = hash.digest('hex');
  if (found !== digest.hex) throw mismatch(digest.algorithm, digest.hex, found);
}
