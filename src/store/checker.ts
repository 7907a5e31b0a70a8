/** Size and digests of a file on its way into the store. */
import type { Digest } from '../domain/digest.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import { hashDisk } from './disk-hash.ts';
import type { Expectation } from './store.ts';

/** The digest under which the store keeps the file. Nothing to check against means nothing enters. */
export function keyOf({ what, digests: [first] }: Expectation): Digest {
  if (first === undefined) throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'digest', wanted: 'at least one', found: 'none' });
  return first;
}

export interface Checker {
  /** Refuses the bytes that would make the file longer than it may be. */
  admit(length: number): void;
  /** So many more bytes lie in the file. */
  written(length: number): void;
  /** Throws unless size and every digest match. */
  finish(): Promise<void>;
  /** Ends what `finish` did not. */
  drop(): void;
}

/** `path` is where the file lies while it is written. */
export function createChecker(path: string, { what, size, digests }: Expectation): Checker {
  const algorithms = digests.map(({ algorithm }) => algorithm);
  const hash = hashDisk(path, algorithms, size);
  let total = 0;
  let offset = 0;
  const refuse = (field: string, wanted: string, found: string): never => {
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field, wanted, found });
  };
  return {
    admit(length) {
      total += length;
      if (total > size) refuse('size', String(size), `more than ${size}`);
    },
    written(length) {
      hash.add([{ offset, length }]);
      offset += length;
    },
    async finish() {
      if (total !== size) refuse('size', String(size), String(total));
      const found = await hash.digests();
      digests.forEach(({ algorithm, hex }, index) => {
        if (found[index] !== hex) refuse(algorithm, hex, found[index] ?? '');
      });
    },
    drop: () => hash.drop(),
  };
}

/** The source ended early, and what came may be right: another try can go on from there. */
export function isShort(error: unknown): boolean {
  if (!(error instanceof ShrinkwrapError) || !('field' in error.facts)) return false;
  const { field, wanted, found } = error.facts;
  return field === 'size' && Number(found) < Number(wanted);
}
