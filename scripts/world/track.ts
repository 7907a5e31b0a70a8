/** Tracks by number: `1.9` before `1.26`, `latest` after all. */
const parts = (track: string): number[] => (/^\d/.test(track) ? track.split('.').map((part) => Number.parseInt(part, 10)) : [Number.POSITIVE_INFINITY]);

export function compareTracks(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index] ?? 0, right[index] ?? 0];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** `from` and `until` are both included; absent means open. */
export const isWithin = (track: string, { from, until }: { readonly from?: string; readonly until?: string }): boolean =>
  (from === undefined || compareTracks(track, from) >= 0) && (until === undefined || compareTracks(track, until) <= 0);
