/** A whole pack beside the floor: the same bytes with curl, sha256sum and tar, node's own start-up subtracted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Artifact } from '#src/domain/artifact.js';
import { formatDigest } from '#src/domain/digest.js';
import { BARE_NODE, cli, saveImages } from './cli.ts';
import { type Contestant, interleave } from './interleave.ts';
import { CURL, type Measurement, REGISTRY, type Row } from './measurement.ts';
import { startRegistry } from './registry.ts';
import { seedImages } from './seed-images.ts';
import { timed } from './timed.ts';

const SAMPLE = resolve(import.meta.dirname, '../../../bundles/sample/charmed-kubernetes-1.26');
const IMAGE_LISTS = resolve(import.meta.dirname, '../../../scripts/world/image-lists');
const WORLD = resolve(import.meta.dirname, '../world.js');
const CHANNEL = '1.26/stable';
const ROUNDS = 5;

/** One curl for all, as its users do it: `$1` an empty directory, `$2` a file of `url = …` and `output = …`. */
const FLOOR = `set -euo pipefail
cd "$1"
curl -sSf -K "$2"
sha256sum -- * > SHA256SUMS
tar -cf ../floor.tar .`;

export const wholePack: Measurement = {
  name: 'whole-pack',
  about: 'whole archives, beside the same bytes with curl, sha256sum and tar',
  needs: [CURL, REGISTRY],
  async measure(work, say) {
    return [...(await ofImages(join(work, 'images'))), ...(await ofBundle(join(work, 'bundle'), say))];
  },
};

/** Ten images that share nothing, 300 MiB: it is bytes that count. */
async function ofImages(work: string): Promise<Row[]> {
  const registry = await startRegistry(join(work, 'registry'));
  try {
    const { names, blobs } = await seedImages(registry.address, { images: 10, bases: { count: 0, mib: 0, each: 0 }, ownMib: 30 });
    const list = join(work, 'images.txt');
    await writeFile(list, names.map((name) => `${name}\n`).join(''));
    const ours = (out: string): string[] => saveImages({ list, cache: join(out, 'cache'), output: join(out, 'out.tar.gz'), registry: registry.address });
    return await compare('a pack of 300 MiB over the floor', { work, urls: blobs, ours, budget: { atMost: 1.25 } });
  } finally {
    await registry.stop();
  }
}

/** The bundle of `make demo`, a hundred small files from a server in JavaScript: it is questions that count, which the floor does not ask. */
async function ofBundle(work: string, say: (line: string) => void): Promise<Row[]> {
  const world = join(work, 'world');
  await mkdir(work, { recursive: true });
  const given = ['--bundle', join(SAMPLE, 'bundle.yaml'), '--overlays', join(SAMPLE, 'overlays'), '--image-lists', IMAGE_LISTS];
  await timed([process.execPath, WORLD, ...given, '--channel', CHANNEL, '--out', world]);
  const [node = '', ...words] = cli('serve', world);
  const server = spawn(node, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    const upstreams = ['--charmhub-url', url, '--snap-store-url', url, '--bundle-repo', url, '--registry-mirror', `*=${url}`];
    const request = ['charmed-kubernetes', '--channel', CHANNEL, ...upstreams, '--snap-trust', join(world, 'snaps/trust/world-root.assert'), '--quiet'];
    const plan = join(work, 'plan.json');
    await timed(cli('plan', ...request, '--cache-dir', join(work, 'cache'), '--output', plan));
    const { artifacts } = JSON.parse(await readFile(plan, 'utf8')) as { artifacts: readonly Artifact[] };
    const urls = [...new Set(artifacts.flatMap((artifact) => addresses(artifact, url)))];
    say(`the bundle: ${artifacts.length} artifacts, ${urls.length} files`);
    const ours = (out: string): string[] => cli(...request, '--cache-dir', join(out, 'cache'), '--output', join(out, 'out.tar.gz'));
    return await compare('a pack of the demo over the floor', { work, urls, ours });
  } finally {
    const closed = once(server, 'close');
    server.kill('SIGTERM');
    await closed;
  }
}

/** Where the bytes of an artifact lie on a server that stands for every upstream. */
function addresses(artifact: Artifact, url: string): string[] {
  if (artifact.kind === 'image') {
    const [host = '', ...path] = artifact.repository.split('/');
    return [artifact.config, ...artifact.layers].map(
      ({ digest }) => `${url}/v2/${path.join('/')}/blobs/${formatDigest(digest)}?ns=${encodeURIComponent(host)}`,
    );
  }
  return artifact.size === 0 || !URL.canParse(artifact.source) ? [] : [url + new URL(artifact.source).pathname];
}

interface Comparison {
  readonly work: string;
  readonly urls: readonly string[];
  readonly ours: (directory: string) => readonly string[];
  readonly budget?: Row['budget'];
}

async function compare(what: string, { work, urls, ours, budget }: Comparison): Promise<Row[]> {
  const config = join(work, 'curl.txt');
  await writeFile(config, urls.map((url, index) => `url = "${url}"\noutput = "${index}"\n`).join(''));
  const into = (name: string, command: (directory: string) => readonly string[]): Contestant => ({
    name,
    async run() {
      const directory = join(work, 'round', 'out');
      await mkdir(directory, { recursive: true });
      const found = await timed(command(directory));
      await rm(join(work, 'round'), { recursive: true });
      return found;
    },
  });
  const floor = (directory: string): string[] => ['bash', '-c', FLOOR, 'floor', directory, config];
  const samples = await interleave([into('floor', floor), into('ours', ours), { name: 'node', run: () => timed(BARE_NODE) }], ROUNDS);
  const [seconds, other] = [samples.seconds('ours') - samples.seconds('node'), samples.seconds('floor')];
  return [{ what, ours: seconds, other, unit: 's', figure: seconds / other, ...(budget !== undefined && { budget }) }];
}
