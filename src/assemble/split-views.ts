/** Room in several places, filled front to back. */

/** The first `bytes` of the room, or all of it where it is less, and what is left. */
export function splitViews(views: readonly Uint8Array[], bytes: number): [Uint8Array[], Uint8Array[]] {
  const [first, rest]: [Uint8Array[], Uint8Array[]] = [[], []];
  let missing = bytes;
  for (const view of views) {
    if (missing > 0) first.push(view.subarray(0, missing));
    if (missing < view.length) rest.push(view.subarray(missing));
    missing = Math.max(0, missing - view.length);
  }
  return [first, rest];
}
