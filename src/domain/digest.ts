/** Content digests: parsed once at the edge, never passed around as bare strings. */
import { ShrinkwrapError } from './errors.ts';

const HEX_LENGTH = { sha256: 64, sha384: 96, sha512: 128, 'sha3-384': 96 } as const;

export type DigestAlgorithm = keyof typeof HEX_LENGTH;

export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal of the full length of the algorithm. */
  readonly hex: string;
}

/** The digest of zero bytes: what a placeholder resource has. */
export const EMPTY_SHA256: Digest = {
  algorithm: 'sha256',
  hex: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return Object.hasOwn(HEX_LENGTH, text);
}

/** A digest from its two parts; refuses an unknown algorithm, a wrong length and upper case. */
export function digest(algorithm: string, hex: string): Digest {
  if (!isDigestAlgorithm(algorithm) || !/^[0-9a-f]+$/.test(hex) || hex.length !== HEX_LENGTH[algorithm]) {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'digest', text: `${algorithm}:${hex}`, wanted: 'ALGORITHM:lower-case hex' });
  }
  return { algorithm, hex };
}

/** `sha256:<64 hex>` and its sisters. */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':');
  return digest(text.slice(0, Math.max(colon, 0)), text.slice(colon + 1));
}

export const formatDigest = ({ algorithm, hex }: Digest): string => `${algorithm}:${hex}`;

export const sameDigest = (a: Digest, b: Digest): boolean => a.algorithm === b.algorithm && a.hex === b.hex;
