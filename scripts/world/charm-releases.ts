/** Every charm of the bundle and the overlays on every channel where it is looked for. */
import type { Arch } from '#src/domain/arch.js';
import { formatChannel, parseChannel } from '#src/domain/channel.js';
import type { BundleNeeds, CharmUse } from './bundle-needs.ts';
import { type CharmRelease, charmRelease } from './charm-release.ts';
import { type Endpoint, endpointsOf, missingEndpoints } from './endpoints.ts';
import { revisionNumbers, storeId } from './identity.ts';
import type { Knowledge } from './knowledge.ts';
import { compareTracks } from './track.ts';
import { optionalText, textsAt } from './yaml.ts';

const NOT_NAMED: Omit<CharmUse, 'name' | 'bases'> = {
  channels: new Set(),
  revisions: new Set(),
  pins: new Map(),
  options: new Map(),
  applications: new Set(),
};

/** Where a charm is found when nobody names a channel. */
export const DEFAULT_CHANNEL = 'latest/stable';

export function charmReleases(needs: BundleNeeds, channel: string, archs: readonly Arch[], knowledge: Knowledge): CharmRelease[] {
  const mainTrack = parseChannel(channel).track;
  const now = (charm: string): Endpoint[] => endpointsOf(knowledge.charm(charm, mainTrack) ?? {}, charm);
  const once = (charm: string): Endpoint[] => knowledge.everHad(charm).flatMap((block) => endpointsOf(block, charm));
  const added = missingEndpoints(needs.relations, now, (charm, { name, interface: wanted }) => {
    const is = (endpoint: Endpoint): boolean => (name === undefined ? endpoint.interface === wanted : endpoint.name === name);
    return once(charm).some(is) && !now(charm).some(is);
  });
  const revisionOf = revisionNumbers();
  return [...withCompanions(needs.charms, mainTrack, knowledge).values()].flatMap((use) =>
    releasesOf(use, channelsOf(use, channel, knowledge), archs, { knowledge, added: added.get(use.name) ?? [], revisionOf }),
  );
}

/** A charm that takes the place of another's endpoints is there although no document names it: `with` in charms.yaml. */
function withCompanions(charms: BundleNeeds['charms'], track: string, knowledge: Knowledge): Map<string, CharmUse> {
  const all = new Map(charms);
  for (const use of charms.values()) {
    for (const name of textsAt(knowledge.charm(use.name, track)?.['with'], `${use.name}: with`)) {
      if (!all.has(name)) all.set(name, { ...NOT_NAMED, name, bases: use.bases });
    }
  }
  return all;
}

interface Context {
  readonly knowledge: Knowledge;
  readonly added: readonly Endpoint[];
  readonly revisionOf: ReturnType<typeof revisionNumbers>;
}

/** The channels that the documents name, the world's for charms that follow Kubernetes, the default; full and without repeats. */
function channelsOf({ name, channels }: CharmUse, channel: string, knowledge: Knowledge): string[] {
  const { track } = parseChannel(channel);
  const since = optionalText(knowledge.charm(name, track)?.['since'], name);
  const follows = knowledge.family(name).tracks && (since === undefined || compareTracks(track, since) >= 0);
  const own = textsAt(knowledge.charm(name, track)?.['channels'], `${name}: channels`);
  const asked = [...(follows ? [channel] : []), ...channels, ...own, DEFAULT_CHANNEL];
  return [...new Set(asked.map((text) => formatChannel(parseChannel(text))))];
}

function releasesOf(use: CharmUse, channels: readonly string[], archs: readonly Arch[], { knowledge, added, revisionOf }: Context): CharmRelease[] {
  const { name } = use;
  const [pinned] = use.revisions;
  return channels.flatMap((channel, index) => {
    const { track } = parseChannel(channel);
    const block = knowledge.charm(name, track) ?? {};
    const own = textsAt(block['bases'], `${name}: bases`);
    const bases = [...new Set([...(own.length > 0 ? own : knowledge.familyBases(name, track)), ...use.bases])].toSorted();
    const builds = block['perArch'] === true ? archs.map((arch) => ({ arch })) : [{}];
    return builds.map((build: { readonly arch?: Arch }, nth) => {
      const revision = index === 0 && nth === 0 && pinned !== undefined ? pinned : revisionOf(name, `${channel} ${build.arch ?? ''}`, 100);
      return charmRelease({ name, id: storeId('charm', name), revision, channel, track, bases, ...build }, block, use, added);
    });
  });
}
