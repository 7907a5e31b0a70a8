/** How much memory a pack of 2 GiB holds at its worst, beside a pack of 40 MiB: it must not grow with the archive. */
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveImages } from './cli.ts';
import { type Measurement, REGISTRY, type Row } from './measurement.ts';
import { startRegistry } from './registry.ts';
import { type Recipe, seedImages } from './seed-images.ts';
import { timed } from './timed.ts';

const SMALL: Recipe = { images: 4, bases: { count: 1, mib: 8, each: 1 }, ownMib: 1 };
const LARGE: Recipe = { images: 4, bases: { count: 8, mib: 64, each: 8 }, ownMib: 1 };

export const memory: Measurement = {
  name: 'memory',
  about: 'the most resident memory of a pack, small and large',
  needs: [REGISTRY],
  async measure(work, say) {
    const small = await peakOf(SMALL, join(work, 'small'), say);
    const large = await peakOf(LARGE, join(work, 'large'), say);
    const row = (what: string, ours: number): Row => ({ what, ours, unit: 'MiB', figure: ours, budget: { atMost: 250 } });
    return [row('memory of a small pack', small), row('memory of a pack of 2 GiB', large)];
  },
};

async function peakOf(recipe: Recipe, work: string, say: (line: string) => void): Promise<number> {
  const registry = await startRegistry(join(work, 'registry'));
  try {
    const { names } = await seedImages(registry.address, recipe);
    const list = join(work, 'images.txt');
    await writeFile(list, names.map((name) => `${name}\n`).join(''));
    const output = join(work, 'out', 'images.tar.gz');
    await mkdir(join(work, 'out'));
    const { peakMib, seconds } = await timed(saveImages({ list, cache: join(work, 'cache'), output, registry: registry.address }));
    say(`${((await stat(output)).size / 2 ** 20).toFixed(0)} MiB in ${seconds.toFixed(1)} s`);
    return peakMib;
  } finally {
    await registry.stop();
    await rm(work, { recursive: true, force: true });
  }
}
