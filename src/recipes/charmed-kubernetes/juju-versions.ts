/** What a version of Juju does to the charms of a bundle (facts/offline-deploy.md 1.5 T16, T20, 4.3; facts/charmhub-juju.md 3.2, 4.2). Pure. */
import type { CharmFact } from './facts.ts';

const OLDEST = '2.9';

/** The highest MAJOR.MINOR that a charm asks for (`assumes: [juju >= 3.1]`: facts/offline-deploy.md 1.4, from 1.29 on); 2.9 where none does. */
export function jujuMinimum(charms: readonly Pick<CharmFact, 'files'>[]): string {
  const asked = charms.flatMap(({ files }) => [...files.metadataYaml.matchAll(/^\s*-\s*["']?juju\s*>=\s*(\d+\.\d+)/gm)].map(([, version = OLDEST]) => version));
  return [OLDEST, ...asked].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? OLDEST;
}

export const jujuWarnings = (charms: readonly CharmFact[]): string[] => [...leaderSettings(charms), ...mirrorOfNoble(charms)];

/** Reactive charms keep their cluster's state in leader settings, which Juju 4 has not. */
function leaderSettings(charms: readonly CharmFact[]): string[] {
  const reactive = [...new Set(charms.filter(({ files }) => files.layerYaml !== '').map(({ release }) => release.name))].toSorted();
  return reactive.length === 0 ? [] : [`deploy with Juju 2.9 or 3.x: Juju 4 has no leader settings, which reactive charms use (${reactive.join(', ')})`];
}

/** From 24.04 on Ubuntu has its sources in a format that older Juju does not rewrite, so machines would ask the internet for packages. */
function mirrorOfNoble(charms: readonly CharmFact[]): string[] {
  const deb822 = charms.some(({ base }) => base.name === 'ubuntu' && Number.parseFloat(base.channel) >= 24.04);
  return deb822 ? ['machines with Ubuntu 24.04 need Juju 3.5.6, 3.6 or later: before that the model key apt-mirror has no effect on them'] : [];
}
