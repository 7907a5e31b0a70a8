/** How both stores choose in a channel map (facts/snap-store.md 2.3): a closed risk follows the nearest safer one of the same track. */
import { type Channel, RISKS, formatChannel, parseChannel } from '../domain/channel.ts';
import { isShrinkwrapError } from '../domain/errors.ts';

interface Released {
  readonly channel: Channel;
}

/** `undefined` for text that is no channel. */
export function readChannel(text: string): Channel | undefined {
  try {
    return parseChannel(text);
  } catch (error) {
    if (isShrinkwrapError(error)) return undefined;
    throw error;
  }
}

/** What the channel offers: its own releases, else its branch's parent's, else those of the nearest safer risk. Never another track. */
export function releasesAt<T extends Released>(releases: readonly T[], { track, risk, branch }: Channel): T[] {
  const own = branch === undefined ? [] : releases.filter(({ channel }) => formatChannel(channel) === formatChannel({ track, risk, branch }));
  if (own.length > 0) return own;
  const safer = RISKS.slice(0, RISKS.indexOf(risk) + 1).toReversed();
  for (const level of safer) {
    const found = releases.filter(({ channel }) => channel.track === track && channel.risk === level && channel.branch === undefined);
    if (found.length > 0) return found;
  }
  return [];
}

/** The default track: `latest` where it exists, else the highest. */
export function defaultTrack(releases: readonly Released[]): string | undefined {
  const tracks = releases.map(({ channel }) => channel.track);
  return tracks.includes('latest') ? 'latest' : tracks.toSorted(byVersion).at(-1);
}

/** `1.9` before `1.26`; a part that is no number sorts before every number. */
function byVersion(a: string, b: string): number {
  const [left, right] = [a, b].map((track) => track.split(/[.-]/).map((part) => (/^\d+$/.test(part) ? Number(part) : -1))) as [number[], number[]];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

/** The safest open risk of the default track. */
export function defaultChannel(releases: readonly Released[]): Channel | undefined {
  const track = defaultTrack(releases);
  const risk = RISKS.find((level) => releases.some(({ channel }) => channel.track === track && channel.risk === level && channel.branch === undefined));
  return track === undefined || risk === undefined ? releases[0]?.channel : { track, risk };
}
