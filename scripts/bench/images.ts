/** Saving 1, 10 and 50 images with shared layers, beside the floor, skopeo, and docker: the budget of images. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveImages } from './cli.ts';
import { type Docker, startDocker } from './docker.ts';
import { floor } from './floor.ts';
import { type Contestant, interleave } from './interleave.ts';
import { CURL, DOCKER, type Measurement, REGISTRY, type Row, SKOPEO } from './measurement.ts';
import { startRegistry } from './registry.ts';
import { type Recipe, seedImages } from './seed-images.ts';
import { skopeo } from './skopeo.ts';
import { timed } from './timed.ts';

interface Size extends Recipe {
  readonly rounds: number;
  /** Docker takes minutes of the whole. */
  readonly dockerRounds: number;
}

const SIZES: readonly Size[] = [
  { images: 1, bases: { count: 2, mib: 40, each: 2 }, ownMib: 40, rounds: 9, dockerRounds: 5 },
  { images: 10, bases: { count: 2, mib: 30, each: 1 }, ownMib: 6, rounds: 7, dockerRounds: 2 },
  { images: 50, bases: { count: 5, mib: 8, each: 1 }, ownMib: 2, rounds: 5, dockerRounds: 2 },
];

export const images: Measurement = {
  name: 'images',
  about: 'images saved with shrinkwrap, beside curl, skopeo and docker',
  needs: [REGISTRY, CURL, SKOPEO, DOCKER],
  async measure(work, say) {
    const docker = await startDocker(join(work, 'docker'));
    try {
      const rows: Row[] = [];
      for (const size of SIZES) rows.push(...(await measureSize(size, { work: join(work, String(size.images)), docker, say })));
      return rows;
    } finally {
      await docker.stop();
    }
  },
};

interface Place {
  readonly work: string;
  readonly docker: Docker;
  readonly say: (line: string) => void;
}

async function measureSize(size: Size, { work, docker, say }: Place): Promise<Row[]> {
  const registry = await startRegistry(join(work, 'registry'));
  try {
    const seeded = await seedImages(registry.address, size);
    const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
    say(`${size.images} images: ${mib(seeded.bytes)} of blobs, ${mib(seeded.expanded)} in files of their own`);
    const blobs = join(work, 'blobs.txt');
    const list = join(work, 'images.txt');
    await writeFile(blobs, seeded.blobs.map((url) => `${url}\n`).join(''));
    await writeFile(list, seeded.names.map((name) => `${name}\n`).join(''));
    const into = (name: string, command: (directory: string) => readonly string[], before = () => Promise.resolve()): Contestant => ({
      name,
      async run() {
        const directory = join(work, 'out');
        await mkdir(directory);
        await before();
        // What the one before left in memory to be written would be written on this one's time.
        await timed(['sync']);
        const found = await timed(command(directory));
        await rm(directory, { recursive: true });
        return found;
      },
    });
    const ours =
      (format: 'tgz' | 'layout') =>
      (directory: string): string[] =>
        saveImages({ list, cache: join(directory, 'cache'), output: join(directory, 'images.tar.gz'), registry: registry.address, format });
    const samples = await interleave(
      [
        into('floor', (directory) => floor(directory, blobs)),
        into('shrinkwrap', ours('tgz')),
        into('layout', ours('layout')),
        into('skopeo', (directory) => skopeo(directory, list)),
        { ...into('docker', (directory) => docker.save(directory, list), docker.forget), rounds: size.dockerRounds },
      ],
      size.rounds,
    );
    const against = (other: string, figure: number, budget: Row['budget'], us = 'shrinkwrap'): Row => ({
      what: `${size.images} images: ${other === 'docker' ? 'docker over shrinkwrap' : `${us} over ${other}`}`,
      ours: samples.seconds(us),
      other: samples.seconds(other),
      unit: 's',
      figure,
      ...(budget !== undefined && { budget }),
    });
    return [
      against('floor', samples.ratio('shrinkwrap', 'floor'), { atMost: 1.2 }),
      against('floor', samples.ratio('layout', 'floor'), { atMost: 1.2 }, 'layout'),
      against('skopeo', samples.ratio('shrinkwrap', 'skopeo'), { atMost: 1 }),
      against('docker', samples.ratio('docker', 'shrinkwrap'), { atLeast: 8 }),
    ];
  } finally {
    await registry.stop();
  }
}
