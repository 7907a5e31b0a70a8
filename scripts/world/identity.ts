/** Ids and revision numbers made from names: the same in every world. */
import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 32 letters and digits, the form of Charmhub's and the snap store's ids. */
export const storeId = (kind: string, name: string): string =>
  [...createHash('sha256').update(`${kind} ${name}`).digest()].map((byte) => ALPHABET[byte % ALPHABET.length] ?? '').join('');

/** From `least` to `least + span - 1`. */
export const numberFrom = (text: string, least: number, span: number): number => least + (createHash('sha256').update(text).digest().readUInt32BE() % span);

/** Gives each key of a name a revision of its own. */
export function revisionNumbers(): (name: string, key: string, least: number) => number {
  const taken = new Map<string, Set<number>>();
  return (name, key, least) => {
    const mine = taken.get(name) ?? new Set<number>();
    taken.set(name, mine);
    let revision = numberFrom(`${name} ${key}`, least, 900);
    while (mine.has(revision)) revision += 1;
    mine.add(revision);
    return revision;
  };
}
