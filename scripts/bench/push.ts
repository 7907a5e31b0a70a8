/** How long the kit's curl takes to push an archive of 50 images, beside `skopeo copy` of the same files: node dist/scripts/bench/push.js [IMAGES] [MIB] [ROUNDS] */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { imageFile } from '#src/assemble/image-file.js';
import type { Descriptor } from '#src/domain/artifact.js';
import { digest, formatDigest } from '#src/domain/digest.js';

const KIT = join(import.meta.dirname, '../../../kit');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const IMAGES_HEADER = 'image\tfile\tdigest\tmedia_type\tplatform\tsize\tindex_digest\ttargets\n';
/** As many different lower layers as a bundle's images typically stand on. */
const BASES = 5;

const [count = 50, mebibytes = 2, rounds = 3] = process.argv.slice(2).map(Number);
const work = await mkdtemp(join(tmpdir(), 'bench-push-'));

interface Row {
  readonly file: string;
  readonly target: string;
}

try {
  const site = join(work, 'site');
  const rows = await buildArchive(site);
  const times: Record<string, number[]> = {};
  const measure = async (name: string, push: (address: string) => Promise<void>): Promise<void> => {
    const registry = await startRegistry();
    const from = performance.now();
    await push(registry.address);
    (times[name] ??= []).push(performance.now() - from);
    await registry.stop();
  };
  for (let round = 0; round < rounds; round++) {
    for (const jobs of [1, 4]) {
      await measure(`skopeo copy, ${jobs} at a time`, (address) => withSkopeo(site, rows, address, jobs));
      await measure(`deploy.sh images, ${jobs} at a time`, (address) => run(join(site, 'deploy.sh'), ['images', '-q', '--jobs', String(jobs)], site, address));
    }
  }
  const best = (name: string): number => Math.min(...(times[name] ?? [Infinity]));
  for (const name of Object.keys(times)) console.log(`${name.padEnd(34)} ${(best(name) / 1000).toFixed(2)} s`);
  for (const jobs of [1, 4]) {
    const ratio = best(`deploy.sh images, ${jobs} at a time`) / best(`skopeo copy, ${jobs} at a time`);
    console.log(`ratio, ${jobs} at a time: ${ratio.toFixed(2)} (at most 1.50)`);
    if (ratio > 1.5) process.exitCode = 1;
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Copies with skopeo as a careful person would script it: digests kept, so many at a time. */
async function withSkopeo(site: string, rows: readonly Row[], address: string, jobs: number): Promise<void> {
  const left = [...rows];
  const worker = async (): Promise<void> => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) {
      const options = ['--insecure-policy', 'copy', '-q', '--preserve-digests', '--dest-tls-verify=false'];
      await run('skopeo', [...options, `oci-archive:${row.file}`, `docker://${address}/cdk/${row.target}`], site, address);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function run(command: string, args: readonly string[], cwd: string, address: string): Promise<void> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, DOCKER_REGISTRY: address, REGISTRY_SCHEME: 'http' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`);
}

async function startRegistry(): Promise<{ address: string; stop: () => Promise<void> }> {
  const root = await mkdtemp(join(work, 'registry-'));
  const config = { version: 0.1, log: { level: 'info' }, storage: { filesystem: { rootdirectory: root } }, http: { addr: '127.0.0.1:0' } };
  await writeFile(join(root, 'config.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', join(root, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.stderr.on('data', (chunk: Buffer) => {
      if (text.length < 10_000) text += chunk.toString();
      const found = /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const stop = async (): Promise<void> => {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    await rm(root, { recursive: true, force: true });
  };
  return { address, stop };
}

async function buildArchive(site: string): Promise<Row[]> {
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
  const size = Math.max(1024, Math.round(mebibytes * 2 ** 20));
  const bases = await Promise.all(Array.from({ length: BASES }, () => layer(size)));
  const rows: Row[] = [];
  let table = IMAGES_HEADER;
  for (let index = 0; index < count; index++) {
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
