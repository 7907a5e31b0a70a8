/** Names that somebody may have meant. Pure. */
import { byCodeUnit } from './sorted.ts';

/** Those that hold the word or that a few letters tell from it, nearest first. */
export function nearNames(word: string, known: readonly string[], limit = 10): string[] {
  const wanted = word.toLowerCase();
  const ranked = known.map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase()) }));
  return ranked
    .filter(({ distance }) => distance <= Math.max(2, Math.floor(wanted.length / 3)))
    .toSorted((a, b) => a.distance - b.distance || a.name.length - b.name.length || byCodeUnit(a.name, b.name))
    .slice(0, limit)
    .map(({ name }) => name);
}

const distanceOf = (word: string, name: string): number => (word !== '' && name.includes(word) ? 0 : editDistance(word, name));

export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length] ?? 0;
}
