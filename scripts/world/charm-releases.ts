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

/** Where a charm is found when nobody names a channel. */
export const DEFAULT_CHANNEL = 'latest/stable';

export function charmReleases(needs: BundleNeeds, channel: string, archs: readonly Arch[], knowledge: Knowledge): CharmRelease[] {
  const mainTrack = parseChannel(channel).track;
  const added = missingEndpoints(needs.relations, (charm) => endpointsOf(knowledge.charm(charm, mainTrack) ?? {}, charm));
  const revisionOf = revisionNumbers();
  return [...needs.charms.values()].flatMap((use) =>
    releasesOf(use, channelsOf(use, channel, knowledge), archs, { knowledge, added: added.get(use.name) ?? [], revisionOf }),
  );
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
  const asked = [...(follows ? [channel] : []), ...channels, DEFAULT_CHANNEL];
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
