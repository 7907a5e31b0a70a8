/** Which snaps the charms install (facts/charmhub-juju.md 4.5, 4.7); what those need in turn is found by ../snap-closure.ts. */
import type { Arch } from '../../domain/arch.ts';
import { parseSnapWish, type SnapWant } from '../snap-closure.ts';
import { rulesOf, type Catalogue } from './catalogue.ts';
import { snapChannel, type ChannelContext } from './channels.ts';
import { configDefault } from './charm-config.ts';
import type { CharmFact } from './facts.ts';
import { layerSnaps } from './layer-options.ts';

/** Options of the applications in the merged bundle. */
export type OptionOf = (application: string, option: string) => string | undefined;

/** Wanted snaps with one reason each; the same snap may be wanted several times. */
export function wantedSnaps(charms: readonly CharmFact[], optionOf: OptionOf, catalogue: Catalogue, archs: readonly Arch[]): SnapWant[] {
  const always = archs.flatMap((arch) => catalogue.alwaysSnaps.map(({ name, channel, why }) => ({ name, channel, arch, reason: why ?? 'always' })));
  return [...always, ...charms.flatMap((charm) => charm.applications.flatMap((application) => snapsOf(charm, application, optionOf, catalogue)))];
}

/** What the user asked for beside what the charms install. */
export const addedSnaps = (additions: readonly string[], archs: readonly Arch[]): SnapWant[] =>
  archs.flatMap((arch) => additions.map(parseSnapWish).map((wish) => ({ ...wish, arch, reason: 'asked for with --snap' })));

/** What decides the channels of the snaps of one application. */
export function snapContext({ release, track }: CharmFact, application: string, optionOf: OptionOf, catalogue: Catalogue): ChannelContext {
  const { auto } = rulesOf(catalogue, release.name, track);
  const option = optionOf(application, 'channel');
  const charmDefault = configDefault(release.configYaml, 'channel');
  return {
    charmChannel: release.channel,
    ...(option !== undefined && { option }),
    ...(charmDefault !== undefined && { charmDefault }),
    ...(auto !== undefined && { auto }),
  };
}

function snapsOf(charm: CharmFact, application: string, optionOf: OptionOf, catalogue: Catalogue): SnapWant[] {
  const { release, arch, track, files } = charm;
  const rules = rulesOf(catalogue, release.name, track);
  const context = snapContext(charm, application, optionOf, catalogue);
  const byRule = rules.snaps.map(({ name, channel, why }) => ({
    name,
    channel: snapChannel(channel, context),
    arch,
    reason: `charm ${release.name} (${application}): ${why ?? 'installed by the charm'}`,
  }));
  const ruled = new Set(byRule.map(({ name }) => name));
  const byLayer = layerSnaps(files.layerYaml)
    .filter(({ name }) => !ruled.has(name))
    .map(({ name, channel }) => ({
      name,
      channel: snapChannel(channel, context),
      arch,
      reason: `charm ${release.name} (${application}): layer.yaml: options.snap`,
    }));
  const known = new Set([...byRule, ...byLayer].map(({ name }) => name));
  const byResource = release.resources
    .filter(({ filename, download }) => filename.endsWith('.snap') && !(download.source.startsWith('local:') && download.size > 0))
    .map((resource) => ({ resource, name: catalogue.snapResources[resource.name] ?? resource.name }))
    .filter(({ name }) => !known.has(name))
    // Core is always taken from stable; the old tool then went on to take everything else from there too.
    .map(({ resource, name }) => ({
      name,
      channel: name === 'core' || (context.option ?? context.charmDefault) === undefined ? 'latest/stable' : snapChannel('option', context),
      arch,
      reason: `resource ${resource.name} of charm ${release.name} (${application})`,
    }));
  return [...byRule, ...byLayer, ...byResource];
}
