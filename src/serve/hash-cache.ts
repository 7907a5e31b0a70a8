/** Digests that a directory does not carry, made once a file and only when somebody asks. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Content } from './exchange.ts';

export type HashCache = (content: Content, algorithm: string) => Promise<string>;

export function createHashCache(): HashCache {
  const known = new WeakMap<Content, Map<string, Promise<string>>>();
  return (content, algorithm) => {
    const ofContent = known.get(content) ?? new Map<string, Promise<string>>();
    known.set(content, ofContent);
    const hashing = ofContent.get(algorithm) ?? hashContent(content, algorithm);
    ofContent.set(algorithm, hashing);
    // A file that could not be read is tried again by the next who asks.
    hashing.catch(() => ofContent.delete(algorithm));
    return hashing;
  };
}

async function hashContent(content: Content, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(content.open(0, content.size), hash);
  return hash.digest('hex');
}
