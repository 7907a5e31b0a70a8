/** Size and digests of bytes on their way into the store. */
import { type Hash, createHash } from 'node:crypto';
import type { Digest } from '../domain/digest.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { Expectation } from './store.ts';

/** The digest under which the store keeps the file. Nothing to check against means nothing enters. */
export function keyOf({ what, digests: [first] }: Expectation): Digest {
  if (first === undefined) throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'digest', wanted: 'at least one', found: 'none' });
  return first;
}

export interface Checker {
  /** Refuses the chunk that would make the file longer than it may be. */
  admit(length: number): void;
  hash(chunk: Uint8Array): void;
  /** Throws unless size and every digest match. */
  finish(): void;
}

export function createChecker({ what, size, digests }: Expectation): Checker {
  const hashes: readonly Hash[] = digests.map(({ algorithm }) => createHash(algorithm));
  let total = 0;
  const refuse = (field: string, wanted: string, found: string): never => {
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field, wanted, found });
  };
  return {
    admit(length) {
      total += length;
      if (total > size) refuse('size', String(size), `more than ${size}`);
    },
    hash(chunk) {
      for (const hash of hashes) hash.update(chunk);
    },
    finish() {
      if (total !== size) refuse('size', String(size), String(total));
      digests.forEach(({ algorithm, hex }, index) => {
        const found = hashes[index]?.digest('hex') ?? '';
        if (found !== hex) refuse(algorithm, hex, found);
      });
    },
  };
}

/** The source ended early, and what came may be right: another try can go on from there. */
export function isShort(error: unknown): boolean {
  if (!(error instanceof ShrinkwrapError) || !('field' in error.facts)) return false;
  const { field, wanted, found } = error.facts;
  return field === 'size' && Number(found) < Number(wanted);
}
