/** What newer Juju does to the charms of a bundle (facts/offline-deploy.md 1.5 T20, facts/charmhub-juju.md 3.2, 4.2). Pure. */
import type { CharmFact } from './facts.ts';

const OLDEST = '2.9';

/** The highest MAJOR.MINOR that a charm asks for (`assumes: [juju >= 3.1]`: facts/offline-deploy.md 1.4, from 1.29 on); 2.9 where none does. */
export function jujuMinimum(charms: readonly Pick<CharmFact, 'files'>[]): string {
  const asked = charms.flatMap(({ files }) => [...files.metadataYaml.matchAll(/^\s*-\s*["']?juju\s*>=\s*(\d+\.\d+)/gm)].map(([, version = OLDEST]) => version));
  return [OLDEST, ...asked].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? OLDEST;
}

/** Reactive charms keep their cluster's state in leader settings, which Juju 4 has not. */
export function jujuWarnings(charms: readonly CharmFact[]): string[] {
  const reactive = [...new Set(charms.filter(({ files }) => files.layerYaml !== '').map(({ release }) => release.name))].toSorted();
  return reactive.length === 0 ? [] : [`deploy with Juju 2.9 or 3.x: Juju 4 has no leader settings, which reactive charms use (${reactive.join(', ')})`];
}
