/** What a word costs before anything is done: `--help` and `bundle` over a node that does nothing. */
import { join, resolve } from 'node:path';
import { BARE_NODE, cli } from './cli.ts';
import { type Contestant, interleave } from './interleave.ts';
import type { Measurement, Row } from './measurement.ts';
import { timed } from './timed.ts';

const SAMPLE = resolve(import.meta.dirname, '../../../bundles/sample/charmed-kubernetes-1.26');
const ROUNDS = 15;

const one = (name: string, command: readonly string[]): Contestant => ({ name, run: () => timed(command) });

export const startUp: Measurement = {
  name: 'start-up',
  about: '--help and bundle, beside a node that does nothing',
  needs: [],
  async measure() {
    const samples = await interleave([one('node', BARE_NODE), one('--help', cli('--help')), one('bundle', cli('bundle', join(SAMPLE, 'bundle.yaml')))], ROUNDS);
    const over = (name: string, atMost: number): Row => {
      const figure = (samples.seconds(name) - samples.seconds('node')) * 1000;
      return { what: `${name} over bare node`, ours: figure, unit: 'ms', figure, budget: { atMost } };
    };
    return [over('--help', 150), over('bundle', 300)];
  },
};
