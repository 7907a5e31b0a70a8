/** How long the kit's curl takes to push an archive of 50 images, beside `skopeo copy` of the same files. */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { imageFile } from '#src/assemble/image-file.js';
import type { Descriptor } from '#src/domain/artifact.js';
import { digest, formatDigest } from '#src/domain/digest.js';
import { type Contestant, interleave } from './interleave.ts';
import { CURL, type Measurement, REGISTRY, type Row, SKOPEO } from './measurement.ts';
import { startRegistry } from './registry.ts';
import { timed } from './timed.ts';

const KIT = join(import.meta.dirname, '../../../kit');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const IMAGES_HEADER = 'image\tfile\tdigest\tmedia_type\tplatform\tsize\tindex_digest\ttargets\n';
/** As many different lower layers as a bundle's images typically stand on. */
const BASES = 5;
const IMAGES = 50;
const LAYER_MIB = 2;
const ROUNDS = 3;
/** At a time: one after the other, and as deploy.sh does it by default. */
const JOBS = [1, 4];

/** `$1` jobs, `$2` HOST:PORT, `$3` a file of `FILE TARGET` lines: as a careful person would script it, digests kept. */
const SKOPEO_PUSH = `xargs -P "$1" -L 1 bash -c 'skopeo --insecure-policy copy -q --preserve-digests --dest-tls-verify=false "oci-archive:$1" "docker://$0/cdk/$2"' "$2" < "$3"`;

export const push: Measurement = {
  name: 'push',
  about: 'deploy.sh images (curl alone), beside skopeo copy of the same files',
  needs: [REGISTRY, CURL, SKOPEO],
  async measure(work) {
    const site = join(work, 'site');
    await mkdir(site);
    const rows = await buildArchive(work, site);
    const list = join(work, 'files.txt');
    await writeFile(list, rows.map(({ file, target }) => `${file} ${target}\n`).join(''));
    const into = (name: string, command: (address: string) => readonly string[]): Contestant => ({
      name,
      async run() {
        const registry = await startRegistry(join(work, 'registry'));
        try {
          return await timed(command(registry.address), { cwd: site, env: { DOCKER_REGISTRY: registry.address, REGISTRY_SCHEME: 'http' } });
        } finally {
          await registry.stop();
        }
      },
    });
    const samples = await interleave(
      JOBS.flatMap((jobs) => [
        into(`skopeo ${jobs}`, (address) => ['bash', '-c', SKOPEO_PUSH, 'skopeo', String(jobs), address, list]),
        into(`kit ${jobs}`, () => [join(site, 'deploy.sh'), 'images', '-q', '--jobs', String(jobs)]),
      ]),
      ROUNDS,
    );
    return JOBS.map((jobs): Row => {
      const [ours, other] = [`kit ${jobs}`, `skopeo ${jobs}`];
      const what = `push of ${IMAGES} images, ${jobs} at a time: kit over skopeo`;
      return { what, ours: samples.seconds(ours), other: samples.seconds(other), unit: 's', figure: samples.ratio(ours, other), budget: { atMost: 1.5 } };
    });
  },
};

interface Pushed {
  readonly file: string;
  readonly target: string;
}

async function buildArchive(work: string, site: string): Promise<Pushed[]> {
  await mkdir(join(site, 'kit/data'), { recursive: true });
  await mkdir(join(site, 'containers'));
  for (const name of await readdir(KIT)) await cp(join(KIT, name), join(site, name === 'deploy.sh' ? name : `kit/${name}`), { recursive: true });
  await writeFile(join(site, 'kit/data/archive.tsv'), 'key\tvalue\nname\tbench\nchannel\t1.26/stable\n');
  const blobs = join(work, 'blobs');
  await mkdir(blobs);
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const found = digest('sha256', createHash('sha256').update(bytes).digest('hex'));
    await writeFile(join(blobs, found.hex), bytes);
    return { mediaType, digest: found, size: bytes.length };
  };
  const layer = (bytes: number): Promise<Descriptor> => put('application/vnd.oci.image.layer.v1.tar+gzip', randomBytes(bytes));
  const size = LAYER_MIB * 2 ** 20;
  const bases = await Promise.all(Array.from({ length: BASES }, () => layer(size)));
  const rows: Pushed[] = [];
  let table = IMAGES_HEADER;
  for (let index = 0; index < IMAGES; index++) {
    const layers = [bases[index % BASES] ?? (await layer(size)), await layer(size), await layer(1024)];
    const config = await put('application/vnd.oci.image.config.v1+json', Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', index })));
    const plain = ({ digest: found, ...rest }: Descriptor): unknown => ({ ...rest, digest: formatDigest(found) });
    const document = { schemaVersion: 2, mediaType: MANIFEST, config: plain(config), layers: layers.map(plain) };
    const manifest = await put(MANIFEST, Buffer.from(JSON.stringify(document)));
    const target = `group${index % 7}/image-${index}:v1.${index}`;
    const file = `containers/image-${index}.tgz`;
    const platform = { os: 'linux', architecture: 'amd64' };
    const input = {
      reference: `registry.example/${target}`,
      tag: `v1.${index}`,
      platform,
      manifest,
      config,
      layers,
      blobPath: ({ hex }: { hex: string }) => join(blobs, hex),
    };
    await pipeline(imageFile(input).stream(AbortSignal.timeout(60_000)), createWriteStream(join(site, file)));
    const bytes = [manifest, config, ...layers].reduce((sum, blob) => sum + blob.size, 0);
    table += `${[input.reference, file, formatDigest(manifest.digest), MANIFEST, 'linux/amd64', bytes, '-', target].join('\t')}\n`;
    rows.push({ file, target });
  }
  await writeFile(join(site, 'containers/images.tsv'), table);
  return rows;
}
