/** Rules that hold on some tracks only: `until: '1.28'`. */

export interface TrackRange {
  /** First and last track, both included. */
  readonly from?: string;
  readonly until?: string;
}

/** A track that is no pair of numbers (`latest`) counts as newer than every one that is. */
export function byTrack(track: string): (rule: TrackRange) => boolean {
  const at = rank(track);
  return ({ from, until }) => (from === undefined || at >= rank(from)) && (until === undefined || at <= rank(until));
}

function rank(track: string): number {
  const match = /^(\d+)\.(\d+)/.exec(track);
  return match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * 1000 + Number(match[2]);
}
