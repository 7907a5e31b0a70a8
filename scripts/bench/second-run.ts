/** What a second run with nothing changed asks a real registry for: documents by their tags, and no blob. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveImages } from './cli.ts';
import { type Measurement, REGISTRY } from './measurement.ts';
import { startRegistry } from './registry.ts';
import { seedImages } from './seed-images.ts';
import { timed } from './timed.ts';

export const secondRun: Measurement = {
  name: 'second-run',
  about: 'requests of a second run with nothing changed',
  needs: [REGISTRY],
  async measure(work) {
    const registry = await startRegistry(join(work, 'registry'));
    try {
      const { names, blobs } = await seedImages(registry.address, { images: 50, bases: { count: 5, mib: 1, each: 1 }, ownMib: 0.1 });
      const list = join(work, 'images.txt');
      await writeFile(list, names.map((name) => `${name}\n`).join(''));
      const run = async (): Promise<readonly string[]> => {
        const before = registry.asked.length;
        await timed(saveImages({ list, cache: join(work, 'cache'), output: join(work, 'images.tar.gz'), registry: registry.address }));
        return registry.asked.slice(before);
      };
      const [first, second] = [await run(), await run()];
      const forBlobs = (asked: readonly string[]): number => asked.filter((line) => line.includes('/blobs/')).length;
      return [
        {
          what: 'first run: blobs asked for, beside those there are',
          ours: forBlobs(first),
          other: blobs.length,
          unit: 'requests',
          figure: forBlobs(first) / blobs.length,
          budget: { atMost: 1 },
        },
        { what: 'second run: blobs asked for', ours: forBlobs(second), unit: 'requests', figure: forBlobs(second), budget: { atMost: 0 } },
        { what: 'second run: all requests, for 50 images', ours: second.length, unit: 'requests', figure: second.length },
      ];
    } finally {
      await registry.stop();
    }
  },
};
