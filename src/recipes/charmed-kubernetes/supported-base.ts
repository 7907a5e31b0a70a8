/** The base on which a release can run: the one that was asked for, or what Charmhub repaired the question to (facts/charmhub-juju.md 1.5). Pure. */
import { formatBase, type Base } from '../../domain/base.ts';
import type { CharmRelease } from '../../domain/releases.ts';
import type { CharmWant } from './charm-wants.ts';

export function supportedBase(want: CharmWant, { name, bases }: CharmRelease, warn: (message: string) => void): Base {
  const { base, arch, application, anyBase } = want;
  const forArch = bases.filter(({ architecture }) => architecture === arch || architecture === 'all');
  const fits = forArch.some((row) => (row.name === 'all' || row.name === base.name) && (row.channel === 'all' || row.channel === base.channel));
  if (fits || forArch.length === 0) return base;
  const [newest] = forArch
    .filter((row) => row.channel !== 'all')
    .toSorted((a, b) => Number(b.name === base.name) - Number(a.name === base.name) || byRelease(b, a));
  if (newest === undefined) return base;
  const taken: Base = { name: newest.name, channel: newest.channel };
  if (!anyBase)
    warn(`charm ${name} (application ${application}) does not run on ${formatBase(base)}; ${formatBase(taken)}, which it does run on, is written for it`);
  return taken;
}

const byRelease = (a: { readonly channel: string }, b: { readonly channel: string }): number => Number.parseFloat(a.channel) - Number.parseFloat(b.channel);
