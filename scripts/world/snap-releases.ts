/** Which snaps the charms install, and on which channels they may be asked for (facts/charmhub-juju.md 4.5, 4.7; facts/snap-store.md 8.1). */
import type { Arch } from '#src/domain/arch.js';
import { formatChannel, parseChannel } from '#src/domain/channel.js';
import { byCodeUnit } from '#src/domain/sorted.js';
import type { CharmUse } from './bundle-needs.ts';
import type { CharmRelease } from './charm-release.ts';
import { revisionNumbers, storeId } from './identity.ts';
import type { Knowledge } from './knowledge.ts';
import { isMapping, mappingAt, optionalText, textAt } from './yaml.ts';

export interface SnapPublisher {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly validation: string;
}

export interface SnapRelease {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly version: string;
  /** Full. */
  readonly channel: string;
  readonly arch: Arch;
  /** Empty for the kinds that have none. */
  readonly base: string;
  readonly type: string;
  readonly confinement: string;
  /** Absent: the account of the world's own root. */
  readonly publisher?: SnapPublisher;
  readonly reasons: readonly string[];
}

const LATEST = 'latest/stable';
/** Newest Kubernetes of the official lists. */
const LATEST_KUBERNETES = '1.35';

export function snapReleases(
  charms: readonly CharmRelease[],
  uses: ReadonlyMap<string, CharmUse>,
  archs: readonly Arch[],
  knowledge: Knowledge,
): SnapRelease[] {
  const wanted = new Map<string, Map<string, Set<string>>>();
  const want = (name: string, channel: string, reason: string): void => {
    const channels = wanted.get(name) ?? new Map<string, Set<string>>();
    wanted.set(name, channels);
    const full = formatChannel(parseChannel(channel));
    channels.set(full, (channels.get(full) ?? new Set()).add(reason));
  };
  for (const name of knowledge.baseSnaps) want(name, LATEST, 'always');
  for (const charm of charms) {
    for (const [snap, rule] of rulesOf(charm, knowledge)) for (const channel of channelsOf(rule, charm, uses)) want(snap, channel, `charm ${charm.name}`);
  }
  const revisionOf = revisionNumbers();
  return [...wanted]
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([name, channels]) =>
      [...channels].flatMap(([channel, reasons]) =>
        archs.map((arch) => snapRelease(name, channel, arch, revisionOf(name, `${channel} ${arch}`, 1000), [...reasons].toSorted(byCodeUnit), knowledge)),
      ),
    );
}

/** What the table says, and the snaps that the resources are named for. */
function rulesOf({ snaps, resources, options }: CharmRelease, { snapResources }: Knowledge): Map<string, string> {
  const rule = options.some(({ name }) => name === 'channel') ? 'option' : LATEST;
  const byResource = resources
    .filter(({ filename }) => filename.endsWith('.snap'))
    .map(({ name }): [string, string] => [optionalText(snapResources[name], name) ?? name, name === 'core' ? LATEST : rule]);
  return new Map([...byResource, ...snaps]);
}

/** The wanted channel, the charm's own track, and latest with something else on it, so that a wrong choice shows. */
function channelsOf(rule: string, charm: CharmRelease, uses: ReadonlyMap<string, CharmUse>): string[] {
  if (rule !== 'option' && rule !== 'track') return [rule, LATEST];
  const option = charm.options.find(({ name }) => name === 'channel')?.default;
  const set = [...(uses.get(charm.name)?.options.get('channel') ?? [])];
  const asked = [option, ...set].filter((value) => typeof value === 'string').map((value) => (value === 'auto' ? (charm.autoChannel ?? LATEST) : value));
  if (rule === 'track') return [...asked.map((text) => formatChannel({ track: charm.track, risk: parseChannel(text).risk })), LATEST];
  return [...asked, LATEST];
}

function snapRelease(name: string, channel: string, arch: Arch, revision: number, reasons: readonly string[], knowledge: Knowledge): SnapRelease {
  const { track } = parseChannel(channel);
  const block = knowledge.snap(name, track);
  const type = optionalText(block['type'], name) ?? 'app';
  const number = track === 'latest' ? LATEST_KUBERNETES : track;
  const publisher = isMapping(block['publisher']) ? publisherOf(name, block['publisher']) : undefined;
  return {
    name,
    id: optionalText(block['id'], name) ?? storeId('snap', name),
    revision,
    version: (optionalText(block['version'], name) ?? '{track}.9').replaceAll('{track}', number),
    channel,
    arch,
    base: type === 'app' ? baseOf(block['base']) : '',
    type,
    confinement: optionalText(block['confinement'], name) ?? 'strict',
    ...(publisher !== undefined && { publisher }),
    reasons,
  };
}

/** Empty means none, as in old snaps; nothing said means core22. */
const baseOf = (value: unknown): string => (typeof value === 'string' ? value : 'core22');

function publisherOf(snap: string, value: unknown): SnapPublisher {
  const spec = mappingAt(value, `${snap}: publisher`);
  const username = textAt(spec['username'], snap);
  return { id: storeId('account', username), username, displayName: textAt(spec['name'], snap), validation: textAt(spec['validation'], snap) };
}
