/** What given bytes must be, and random bytes that are the same in every run. */
import { createHash } from 'node:crypto';
import { type Digest, type DigestAlgorithm, digest } from '#src/domain/digest.js';
import type { Expectation } from '#src/store/store.js';

export const digestOf = (bytes: Buffer | string, algorithm: DigestAlgorithm = 'sha256'): Digest =>
  digest(algorithm, createHash(algorithm).update(bytes).digest('hex'));

export const expectationOf = (bytes: Buffer | string, algorithms: readonly DigestAlgorithm[] = ['sha256']): Expectation => ({
  what: 'the file',
  size: Buffer.byteLength(bytes),
  digests: algorithms.map((algorithm) => digestOf(bytes, algorithm)),
});

/** Bytes that do not compress, from a seed. */
export function noise(length: number, seed = 'seed'): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash('sha256').update(`${seed} ${index}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
