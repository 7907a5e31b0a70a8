/** The order of installation: snapd, then core and the bases, then content providers, each after its own, then the rest (facts/snap-store.md 6.2). Pure. */
import type { SnapRelease } from '../domain/releases.ts';
import { byCodeUnit } from '../domain/sorted.ts';
import { snapNeeds } from './snap-needs.ts';

/** Names in order; the place of a name is the same on every architecture. */
export function installOrder(releases: readonly SnapRelease[]): string[] {
  const providers = new Map<string, Set<string>>();
  for (const release of releases) {
    const known = providers.get(release.name) ?? new Set<string>();
    for (const provider of snapNeeds(release).providers) known.add(provider);
    providers.set(release.name, known);
  }
  const provided = new Set([...providers.values()].flatMap((names) => [...names]));
  const types = new Map(releases.map(({ name, type }) => [name, type]));
  const rank = (name: string): number => {
    const type = types.get(name) ?? '';
    if (name === 'snapd') return 0;
    if (type === 'os' || type === 'base') return 1;
    return provided.has(name) ? 2 : 3;
  };
  const places = [...types.keys()].map((name) => ({ name, rank: rank(name), depth: rank(name) === 2 ? depthOf(name, providers, new Set()) : 0 }));
  return places.toSorted((a, b) => a.rank - b.rank || a.depth - b.depth || byCodeUnit(a.name, b.name)).map(({ name }) => name);
}

/** Providers below it; snaps that provide for each other are one level, in whichever order. */
function depthOf(name: string, providers: ReadonlyMap<string, ReadonlySet<string>>, above: ReadonlySet<string>): number {
  const below = [...(providers.get(name) ?? [])].filter((provider) => !above.has(provider) && provider !== name);
  return below.reduce((depth, provider) => Math.max(depth, 1 + depthOf(provider, providers, new Set([...above, name]))), 0);
}
