/** Wanted charms of Charmhub → their releases. */
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { CharmRelease, CharmWanted } from '../../domain/releases.ts';
import type { Upstream } from '../upstream.ts';
import type { CharmWant } from './charm-wants.ts';

/** All with a channel of their own in one batch; the others one by one, since each may have to fall back to another release. */
export async function resolveWants(wants: readonly CharmWant[], upstream: Upstream, warn: (message: string) => void): Promise<Map<CharmWant, CharmRelease>> {
  const named = wants.filter(({ inherited, reviewedChannel }) => !inherited && reviewedChannel === undefined);
  const batch = await upstream.charmhub.resolve(named.map(plain));
  const found = new Map<CharmWant, CharmRelease>();
  for (const [index, want] of named.entries()) {
    const release = batch[index];
    if (release !== undefined) found.set(want, release);
  }
  await upstream.all(
    wants.filter((want) => !named.includes(want)),
    async (want) => {
      const release = await inherit(want, upstream, warn);
      if (release !== undefined) found.set(want, release);
    },
  );
  return found;
}

const plain = ({ name, channel, revision, base, arch }: CharmWant): CharmWanted => ({
  name,
  base,
  arch,
  ...(channel !== undefined && { channel }),
  ...(revision !== undefined && { revision }),
});

/**
 * Overlays name charms without a channel. Those of Charmed Kubernetes have one on the bundle's track, from their default track they would not fit
 * the cluster (facts/charmhub-juju.md 5.5); the others have the catalogue's.
 */
async function inherit(want: CharmWant, upstream: Upstream, warn: (message: string) => void): Promise<CharmRelease | undefined> {
  const { channel: _, ...rest } = plain(want);
  const asked = [want.reviewedChannel, want.channel].filter((channel) => channel !== undefined);
  for (const channel of asked) {
    const release = await unlessAbsent(() => upstream.charmhub.resolve([{ ...rest, channel }]));
    if (release !== undefined) return release[0];
  }
  const [release] = await upstream.charmhub.resolve([rest]);
  warn(`charm ${want.name} (${want.application}) has no release on ${asked.join(' nor on ')}; its default ${release?.channel ?? 'release'} is taken`);
  return release;
}

async function unlessAbsent<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isShrinkwrapError(error) && error.code === 'UPSTREAM_NOT_FOUND') return undefined;
    throw error;
  }
}
