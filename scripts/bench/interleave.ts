/** Contestants one after the other, round after round, so that whatever else the machine does hits all of them. */
import type { Timed } from './timed.ts';

export interface Contestant {
  readonly name: string;
  /** Fewer than the others: for what takes minutes. */
  readonly rounds?: number;
  run(round: number): Promise<Timed>;
}

export interface Samples {
  /** Median. */
  seconds(name: string): number;
  /** Median of the ratios of each round: the two stood side by side in time. */
  ratio(name: string, to: string): number;
  peakMib(name: string): number;
}

export async function interleave(contestants: readonly Contestant[], rounds: number): Promise<Samples> {
  const found = new Map<string, Timed[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // The one that comes first in this round comes last in the next.
    const order = contestants.map((_, index) => contestants[(index + round) % contestants.length]).filter((one) => one !== undefined);
    for (const { name, run, rounds: own = rounds } of order) if (round < own) found.get(name)?.push(await run(round));
  }
  const of = (name: string): readonly Timed[] => found.get(name) ?? [];
  return {
    seconds: (name) => median(of(name).map(({ seconds }) => seconds)),
    ratio: (name, to) => {
      const others = of(to);
      return median(of(name).flatMap(({ seconds }, round) => (others[round] === undefined ? [] : [seconds / others[round].seconds])));
    },
    peakMib: (name) => Math.max(...of(name).map(({ peakMib }) => peakMib)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
