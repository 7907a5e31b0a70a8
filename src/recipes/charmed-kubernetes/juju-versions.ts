/** What newer Juju does to the charms of a bundle (facts/offline-deploy.md 1.5 T20, facts/charmhub-juju.md 3.2, 4.2). Pure. */
import type { CharmFact } from './facts.ts';

/** Reactive charms keep their cluster's state in leader settings, which Juju 4 has not. */
export function jujuWarnings(charms: readonly CharmFact[]): string[] {
  const reactive = [...new Set(charms.filter(({ files }) => files.layerYaml !== '').map(({ release }) => release.name))].toSorted();
  return reactive.length === 0 ? [] : [`deploy with Juju 2.9 or 3.x: Juju 4 has no leader settings, which reactive charms use (${reactive.join(', ')})`];
}
