/** Base × architecture pairs of the machines that a site has to bring. Pure. */
import type { Bundle } from '../../bundle/bundle.ts';
import { baseOfSeries, formatBase, parseBase } from '../../domain/base.ts';
import type { Arch } from '../../domain/arch.ts';
import type { Plan } from '../../domain/plan.ts';
import { sortedBy } from '../../domain/sorted.ts';
import type { CharmFact } from './facts.ts';

/** What applications run on, and what machines of the bundle are made with, by base or by series, whether anything is placed on them or not. */
export function basesOf(charms: readonly Pick<CharmFact, 'base' | 'arch'>[], { machines }: Pick<Bundle, 'machines'>, archs: readonly Arch[]): Plan['bases'] {
  const ofMachines = [...(machines?.values() ?? [])].flatMap((machine) => {
    const text = machine?.base ?? machine?.series;
    const base = text === undefined ? undefined : (parseBase(text) ?? baseOfSeries(text));
    return base === undefined ? [] : archs.map((arch) => ({ base, arch }));
  });
  const pairs = [...charms, ...ofMachines].map(({ base, arch }) => ({ base: formatBase(base), arch }));
  const key = ({ base, arch }: { base: string; arch: string }): string => `${base}\t${arch}`;
  return sortedBy([...new Map(pairs.map((pair) => [key(pair), pair])).values()], key);
}
