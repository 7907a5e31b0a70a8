/** containers/*.tgz, containers/images.tsv, the raw indexes under sources/images, and the rows of the manifest. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageFile } from '#src/assemble/image-file.js';
import { type Arch, formatPlatform } from '#src/domain/arch.js';
import { archSuffix } from '#src/domain/archive-name.js';
import { formatDigest } from '#src/domain/digest.js';
import { imageBlobs, type ImageContent } from '#src/domain/image-blobs.js';
import { formatImageRef, type ImageRef, parseImageRef, sitePath } from '#src/domain/image-ref.js';
import type { ManifestArtifact } from '#src/domain/manifest.js';
import { formatTsv } from '#src/domain/tsv.js';
import { groupBy } from '#src/domain/group-by.js';
import { buildImage, type BuiltImage, type ImageChild } from './image.ts';
import type { ImageName } from './image-names.ts';
import { mapConcurrently } from './map-concurrently.ts';
import type { Tree } from './tree.ts';

const COLUMNS = ['image', 'file', 'digest', 'media_type', 'platform', 'size', 'index_digest', 'targets'] as const;

export interface WrittenImages {
  readonly artifacts: readonly ManifestArtifact[];
  /** Digest of the index (or of the plain manifest) behind a name without digest. */
  readonly digests: ReadonlyMap<string, string>;
}

interface Job {
  readonly wanted: ImageName;
  readonly ref: ImageRef;
  readonly built: BuiltImage;
  readonly child: ImageChild;
  readonly path: string;
}

export async function writeImages(names: readonly ImageName[], archs: readonly Arch[], tree: Tree, signal: AbortSignal): Promise<WrittenImages> {
  // By the path alone: what a mirror has under its own host is the same image.
  const built = await Promise.all(names.map(async (wanted) => ({ wanted, built: await buildImage(sitePath(parseImageRef(wanted.name)), wanted.only) })));
  const digests = new Map(
    built.map(({ wanted, built: { index, children } }) => [
      wanted.name,
      formatDigest((index?.descriptor ?? children[0]?.manifest)?.digest ?? { algorithm: 'sha256', hex: '' }),
    ]),
  );
  const jobs = jobsOf(built, digests, archs);
  const folder = await mkdtemp(join(tmpdir(), 'world-blobs-'));
  try {
    const blobPath = (hex: string): string => join(folder, hex);
    await mapConcurrently([...blobsOf(jobs)], ([hex, bytes]) => writeFile(blobPath(hex), bytes));
    const artifacts = await mapConcurrently(jobs, (job) => writeImage(job, blobPath, tree, signal));
    await writeIndexes(jobs, tree);
    await tree.write('containers/images.tsv', formatTsv(COLUMNS, jobs.map(tableRow)));
    return { artifacts, digests };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function jobsOf(images: readonly { wanted: ImageName; built: BuiltImage }[], digests: ReadonlyMap<string, string>, archs: readonly Arch[]): Job[] {
  const parts = images.flatMap(({ wanted, built }) => {
    const full = wanted.pinned ? `${wanted.name}@${digests.get(wanted.name) ?? ''}` : wanted.name;
    const ref = parseImageRef(full);
    const children = wanted.only === undefined ? built.children.filter(({ arch }) => archs.includes(arch)) : built.children;
    return children.map((child) => ({
      wanted: { ...wanted, name: full },
      ref,
      built,
      child,
      stem: `${ref.path.replaceAll('/', '_')}_${ref.tag ?? 'latest'}${archSuffix(child.arch)}`,
    }));
  });
  const uses = groupBy(parts, ({ stem }) => stem.toLowerCase());
  return parts.map(({ stem, ...job }) => {
    const clashes = (uses.get(stem.toLowerCase())?.length ?? 0) > 1;
    const mark = clashes ? `_${createHash('sha256').update(job.wanted.name).digest('hex').slice(0, 8)}` : '';
    return { ...job, path: `containers/${stem}${mark}.tgz` };
  });
}

/** Of what is written, each once. */
const blobsOf = (jobs: readonly Job[]): Map<string, Buffer> =>
  new Map(jobs.flatMap((job) => imageBlobs(contentOf(job)).map(({ digest }) => [digest.hex, job.built.blobs.get(digest.hex) ?? Buffer.alloc(0)])));

const contentOf = ({ wanted, built: { index }, child: { manifest, config, layers } }: Job): ImageContent => ({
  manifest,
  config,
  layers,
  ...(wanted.whole && index !== undefined && { whole: index.whole }),
});

async function writeImage(job: Job, blobPath: (hex: string) => string, tree: Tree, signal: AbortSignal): Promise<ManifestArtifact> {
  const { wanted, ref, built, child, path } = job;
  const { platform, manifest } = child;
  const content = contentOf(job);
  const file = imageFile({ ...content, reference: formatImageRef(ref), tag: ref.tag ?? 'latest', platform, blobPath: ({ hex }) => blobPath(hex) });
  const { size, sha256 } = await tree.stream(path, file.stream(signal), signal);
  return {
    kind: 'image',
    name: wanted.name,
    version: ref.tag ?? 'latest',
    arch: child.arch,
    path,
    size,
    digests: { sha256 },
    source: `${ref.host}/${ref.path}@${formatDigest(manifest.digest)}`,
    signer: 'digest',
    verified: true,
    reasons: wanted.reasons,
    manifest: formatDigest(manifest.digest),
    ...(built.index !== undefined && { index: formatDigest(built.index.descriptor.digest) }),
    ...(content.whole !== undefined && { children: content.whole.children.map((each) => formatDigest(each.manifest.digest)) }),
    platform: formatPlatform(platform),
    targets: [sitePath(ref)],
  };
}

async function writeIndexes(jobs: readonly Job[], tree: Tree): Promise<void> {
  const indexes = new Map(jobs.flatMap(({ built: { index } }) => (index === undefined ? [] : [[index.descriptor.digest.hex, index.bytes] as const])));
  await mapConcurrently([...indexes], ([hex, bytes]) => tree.write(`sources/images/sha256-${hex}.json`, bytes));
}

const tableRow = (job: Job): Record<(typeof COLUMNS)[number], string | number> => ({
  image: job.wanted.name,
  file: job.path,
  digest: formatDigest(job.child.manifest.digest),
  media_type: job.child.manifest.mediaType,
  platform: formatPlatform(job.child.platform),
  size: imageBlobs(contentOf(job)).reduce((sum, { size }) => sum + size, 0),
  index_digest: job.built.index === undefined ? '' : formatDigest(job.built.index.descriptor.digest),
  targets: sitePath(job.ref),
});
