/** Resolves wanted snaps with everything that snapd would fetch beside them, until nothing new is needed (facts/snap-store.md 6.2, 12). */
import { isSnapName } from '../assertion/names.ts';
import { formatChannel, parseChannel } from '../domain/channel.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { SnapRelease, SnapWanted } from '../domain/releases.ts';
import { sortedBy } from '../domain/sorted.ts';
import { snapNeeds } from './snap-needs.ts';
import type { Upstream } from './upstream.ts';

export interface SnapWant extends SnapWanted {
  readonly reason: string;
}

export interface ResolvedSnap {
  readonly release: SnapRelease;
  readonly reasons: readonly string[];
}

/** Full channels by name: they win over whatever else decides the channel of that snap. */
export type SnapChannels = Readonly<Record<string, string>>;

/** `NAME` or `NAME=CHANNEL`, the channel in whatever form; it comes out in full. */
export function parseSnapWish(text: string): { readonly name: string; readonly channel?: string } {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (!isSnapName(name)) throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'snap', text, wanted: 'NAME or NAME=CHANNEL' });
  return at < 0 ? { name } : { name, channel: formatChannel(parseChannel(text.slice(at + 1))) };
}

/** Of `NAME=CHANNEL` texts; of two for one snap the later counts. */
export const snapChannels = (texts: readonly string[]): SnapChannels =>
  Object.fromEntries(texts.map(parseSnapWish).map(({ name, channel = DEPENDENCY_CHANNEL }) => [name, channel]));

const DEPENDENCY_CHANNEL = 'latest/stable';

const key = ({ name, channel = '', arch }: SnapWanted): string => `${name}\t${channel}\t${arch}`;

export async function resolveSnapClosure(wanted: readonly SnapWant[], channels: SnapChannels, upstream: Pick<Upstream, 'snaps'>): Promise<ResolvedSnap[]> {
  const answered = new Map<string, SnapRelease>();
  // By the channel of the answer: a default track and a channel asked for by name may be one and the same.
  const found = new Map<string, { readonly release: SnapRelease; readonly reasons: Set<string> }>();
  let round = [...wanted, ...missingSnapd(wanted)].map((want) => onChannel(want, channels));
  while (round.length > 0) {
    const fresh = [...new Map(round.map((want) => [key(want), want])).values()].filter((want) => !answered.has(key(want)));
    const answers = fresh.length === 0 ? [] : await upstream.snaps.resolve(fresh.map(({ reason: _, ...want }) => want));
    for (const [index, want] of fresh.entries()) {
      const release = answers[index];
      if (release !== undefined) answered.set(key(want), release);
    }
    const added = answers.filter((release) => !found.has(key(release)));
    for (const release of added) found.set(key(release), { release, reasons: new Set() });
    for (const want of round) {
      const release = answered.get(key(want));
      if (release !== undefined) found.get(key(release))?.reasons.add(want.reason);
    }
    round = added.flatMap(neededBy).map((want) => onChannel(want, channels));
  }
  refuseUnused(channels, [...found.values()]);
  const facts = [...found.values()].map(({ release, reasons }) => ({ release, reasons: [...reasons].toSorted() }));
  return sortedBy(facts, ({ release }) => key(release));
}

/** A newer snapd on classic systems wants the snapd snap before any other (snapd 2.66 and later). */
function missingSnapd(wanted: readonly SnapWant[]): SnapWant[] {
  const archs = new Set(wanted.map(({ arch }) => arch));
  return [...archs]
    .filter((arch) => !wanted.some((want) => want.name === 'snapd' && want.arch === arch))
    .map((arch) => ({ name: 'snapd', channel: DEPENDENCY_CHANNEL, arch, reason: 'installs the others' }));
}

function neededBy(release: SnapRelease): SnapWant[] {
  const { base, providers } = snapNeeds(release);
  const need = (name: string, role: string): SnapWant => ({
    name,
    channel: DEPENDENCY_CHANNEL,
    arch: release.arch,
    reason: `${role} of snap ${release.name}`,
  });
  return [...(base === undefined ? [] : [need(base, 'base')]), ...providers.map((name) => need(name, 'default provider of a content plug'))];
}

function onChannel(want: SnapWant, channels: SnapChannels): SnapWant {
  const channel = Object.hasOwn(channels, want.name) ? channels[want.name] : undefined;
  if (channel === undefined || channel === want.channel) return want;
  return { ...want, channel, reason: want.channel === undefined ? want.reason : `${want.reason} (channel ${want.channel} overridden)` };
}

/** A channel for a snap that nobody needs is a slip of the pen. */
function refuseUnused(channels: SnapChannels, found: readonly Pick<ResolvedSnap, 'release'>[]): void {
  const names = new Set(found.map(({ release }) => release.name));
  const unused = Object.keys(channels).find((name) => !names.has(name));
  if (unused !== undefined)
    throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'snap', name: unused, where: 'this plan (its channel was given)', exists: [...names].toSorted() });
}
