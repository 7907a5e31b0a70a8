/** A trust root and signed snaps for tests: keys of 2048 bits, made once a process; and the door to real samples. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { type TrustRoots, trustRoots } from '#src/assertion/trust-roots.js';
import { createTrust, type Trust } from '#scripts/pki/create-trust.js';
import { type Publisher, signSnap, type SnapToSign } from '#scripts/pki/sign-snap.js';

export const NOW = new Date('2026-11-21T10:00:00Z');

export const PUBLISHER: Publisher = { id: 'acme-publishing', username: 'acme', displayName: 'Äcme Publishing', validation: 'verified' };

export const SNAP_BYTES = Buffer.from('hsqs, but not really');

export const SNAP: SnapToSign = {
  name: 'word-salad',
  id: 'UQEdRgY5gr1dI2fwIDOgUQidMZauRqt7',
  revision: 7,
  size: SNAP_BYTES.length,
  sha3_384: createHash('sha3-384').update(SNAP_BYTES).digest('hex'),
  publisher: PUBLISHER,
};

let made: Promise<Trust> | undefined;

export const testTrust = (): Promise<Trust> => (made ??= createTrust({ bits: 2048, now: NOW }));

export const testRoots = (trust: Trust): TrustRoots => trustRoots(decodeStream(trust.trustAssertions));

/** A snap of the test publisher, changed as the test wants it. */
export const signedSnap = async (changes: Partial<SnapToSign> = {}): Promise<Buffer> => signSnap({ ...SNAP, ...changes }, await testTrust(), NOW);

/** The digest as assertions write it. */
export const assertionDigest = (bytes: Buffer): string => createHash('sha3-384').update(bytes).digest('base64url');

const DATA = process.env['SHRINKWRAP_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');

/** A real upstream file, or undefined where they are not at hand. */
export function upstreamData(path: string): Buffer | undefined {
  const file = join(DATA, path);
  return existsSync(file) ? readFileSync(file) : undefined;
}

/** For the `skip` of a test that needs it. */
export const withoutData = (path: string): string | false => (upstreamData(path) === undefined ? `no upstream data: ${path} (set SHRINKWRAP_DATA)` : false);
