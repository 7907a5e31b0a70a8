/** Which snaps the charms install, and what those need in turn (facts/charmhub-juju.md 4.5, 4.7; facts/snap-store.md 6.2). */
import type { Arch } from '../../domain/arch.ts';
import { parseChannel } from '../../domain/channel.ts';
import type { SnapRelease, SnapWanted } from '../../domain/releases.ts';
import { sortedBy } from '../../domain/sorted.ts';
import type { Upstream } from '../upstream.ts';
import { rulesOf, type Catalogue } from './catalogue.ts';
import { snapChannel, type ChannelContext } from './channels.ts';
import { configDefault } from './charm-config.ts';
import type { CharmFact, SnapFact } from './facts.ts';

/** Options of the applications in the merged bundle. */
export type OptionOf = (application: string, option: string) => string | undefined;

interface Want extends SnapWanted {
  readonly reason: string;
}

/** Wanted snaps with one reason each; the same snap may be wanted several times. */
export function wantedSnaps(charms: readonly CharmFact[], optionOf: OptionOf, catalogue: Catalogue, archs: readonly Arch[]): Want[] {
  const always = archs.flatMap((arch) => catalogue.alwaysSnaps.map(({ name, channel, why }) => ({ name, channel, arch, reason: why ?? 'always' })));
  return [...always, ...charms.flatMap((charm) => charm.applications.flatMap((application) => snapsOf(charm, application, optionOf, catalogue)))];
}

/** What decides the channels of the snaps of one application. */
export function snapContext({ release }: CharmFact, application: string, optionOf: OptionOf, catalogue: Catalogue): ChannelContext {
  const { auto } = rulesOf(catalogue, release.name, parseChannel(release.channel).track);
  const option = optionOf(application, 'channel');
  const charmDefault = configDefault(release.configYaml, 'channel');
  return {
    charmChannel: release.channel,
    ...(option !== undefined && { option }),
    ...(charmDefault !== undefined && { charmDefault }),
    ...(auto !== undefined && { auto }),
  };
}

function snapsOf(charm: CharmFact, application: string, optionOf: OptionOf, catalogue: Catalogue): Want[] {
  const { release, arch } = charm;
  const rules = rulesOf(catalogue, release.name, parseChannel(release.channel).track);
  const context = snapContext(charm, application, optionOf, catalogue);
  const byRule = rules.snaps.map(({ name, channel, why }) => ({
    name,
    channel: snapChannel(channel, context),
    arch,
    reason: `charm ${release.name} (${application}): ${why ?? 'installed by the charm'}`,
  }));
  const known = new Set(byRule.map(({ name }) => name));
  const byResource = release.resources
    .filter(({ filename }) => filename.endsWith('.snap'))
    .map((resource) => ({ resource, name: catalogue.snapResources[resource.name] ?? resource.name }))
    .filter(({ name }) => !known.has(name))
    // Core is always taken from stable; the old tool then went on to take everything else from there too.
    .map(({ resource, name }) => ({
      name,
      channel: name === 'core' || (context.option ?? context.charmDefault) === undefined ? 'latest/stable' : snapChannel('option', context),
      arch,
      reason: `resource ${resource.name} of charm ${release.name} (${application})`,
    }));
  return [...byRule, ...byResource];
}

const key = ({ name, channel, arch }: SnapWanted): string => `${name}\t${channel}\t${arch}`;

/** Resolves what is wanted and the base of every snap, until nothing new is needed. */
export async function resolveSnaps(wanted: readonly Want[], upstream: Upstream): Promise<SnapFact[]> {
  const reasons = new Map<string, Set<string>>();
  const releases = new Map<string, SnapRelease>();
  let round: readonly Want[] = wanted;
  while (round.length > 0) {
    for (const want of round) reasons.set(key(want), (reasons.get(key(want)) ?? new Set()).add(want.reason));
    const fresh = [...new Map(round.map((want) => [key(want), want])).values()].filter((want) => !releases.has(key(want)));
    const answers = await upstream.snaps.resolve(fresh.map(({ reason: _, ...want }) => want));
    for (const [index, want] of fresh.entries()) {
      const release = answers[index];
      if (release !== undefined) releases.set(key(want), release);
    }
    round = answers
      .filter(({ base }) => base !== '' && base !== 'none')
      .map(({ name, base, arch }) => ({ name: base, channel: 'latest/stable', arch, reason: `base of snap ${name}` }));
    const before = new Set(releases.keys());
    if (round.every((want) => before.has(key(want)))) {
      for (const want of round) reasons.get(key(want))?.add(want.reason);
      break;
    }
  }
  const facts = [...releases].map(([at, release]) => ({ release, reasons: [...(reasons.get(at) ?? [])].toSorted() }));
  return sortedBy(facts, ({ release }) => `${release.name}\t${release.channel}\t${release.arch}`);
}

/** Place in the order of installation: snapd, then core and the bases, then the rest (facts/snap-store.md 6.2). */
export function installRank({ type, name }: Pick<SnapRelease, 'type' | 'name'>): number {
  if (name === 'snapd') return 0;
  return type === 'os' || type === 'base' ? 1 : 2;
}
