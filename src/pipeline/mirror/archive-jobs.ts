/** Images of an unpacked archive → jobs: what images.tsv lists, under the targets that it gives them, out of the catalogue that `serve` speaks. */
import { buffer } from 'node:stream/consumers';
import { decodeDocument } from '../../clients/oci/document.ts';
import { formatDigest, parseDigest, type Digest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { parseImageRef } from '../../domain/image-ref.ts';
import { IMAGE_COLUMNS, IMAGES_TABLE } from '../../recipes/images-table.ts';
import { type Directory, openDirectory } from '../../serve/directory.ts';
import { readImageCatalogue, type ImageCatalogue } from '../../serve/oci/catalogue.ts';
import { type Destination, targetAt } from './destination.ts';
import type { ImageTree, MirrorJob } from './job.ts';
import { verifiedBytes } from './verified-bytes.ts';

/** Indexes that tags of the site have to answer: all of one that is pinned, or one that joins several architectures. */
const INDEXES_TABLE = 'containers/indexes.tsv';
const INDEX_COLUMNS = ['index', 'media_type', 'size', 'file', 'targets'] as const;

/** What a tag of the site has to name; the bytes are here for what lies beside the image files. */
interface Top {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes?: Buffer;
}

/** INPUT_INVALID when there are no images. */
export async function archiveJobs(path: string, destination: Destination): Promise<MirrorJob[]> {
  const directory = await openDirectory(path);
  const rows = await directory.table(IMAGES_TABLE, IMAGE_COLUMNS);
  if (rows.length === 0)
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'archive', problems: [{ file: path, code: 'images', message: `${IMAGES_TABLE} lists no image` }] });
  const catalogue = await readImageCatalogue([directory]);
  const indexes = await readIndexes(directory);
  // Architectures of one name that an index joins are one job.
  const jobs = new Map<string, MirrorJob>();
  for (const { image, digest, media_type, targets } of rows) {
    for (const place of targets.split(',')) {
      const top = indexes.get(place) ?? { digest: parseDigest(digest), mediaType: media_type };
      jobs.set([image, place, formatDigest(top.digest)].join('\t'), archiveJob(image, targetAt(destination, place), top, catalogue));
    }
  }
  return [...jobs.values()];
}

async function readIndexes(directory: Directory): Promise<Map<string, Top>> {
  const indexes = new Map<string, Top>();
  for (const { index, media_type, file, targets } of await directory.table(INDEXES_TABLE, INDEX_COLUMNS)) {
    const bytes = (await directory.bytes(file)) ?? absent(file, INDEXES_TABLE);
    for (const place of targets.split(',')) indexes.set(place, { digest: parseDigest(index), mediaType: media_type, bytes });
  }
  return indexes;
}

function archiveJob(image: string, target: MirrorJob['target'], top: Top, catalogue: ImageCatalogue): MirrorJob {
  const { path } = parseImageRef(image);
  return {
    source: image,
    target,
    digest: () => Promise.resolve(top.digest),
    read: () => readTree(image, top, catalogue),
    open: ({ digest, ...blob }) => {
      const content = catalogue.blob(path, formatDigest(digest)) ?? absent(formatDigest(digest), image);
      return verifiedBytes(content.open(0, content.size), { digest, ...blob });
    },
  };
}

/** What an index lists is asked for by digest, as clients of `serve` do. */
async function readTree(image: string, top: Top, catalogue: ImageCatalogue): Promise<ImageTree> {
  const { digest, mediaType } = top;
  const bytes = top.bytes ?? (await readServed(image, digest, catalogue));
  const document = decodeDocument(bytes, mediaType, { url: image, artifacts: true });
  if (document.kind === 'manifest') return { mediaType, digest, bytes, children: [], blobs: [document.config, ...document.layers] };
  const children: ImageTree[] = [];
  for (const entry of document.entries) children.push(await readTree(image, { digest: entry.digest, mediaType: entry.mediaType }, catalogue));
  return { mediaType, digest, bytes, children, blobs: [] };
}

async function readServed(image: string, digest: Digest, catalogue: ImageCatalogue): Promise<Buffer> {
  const { content } = catalogue.manifest(parseImageRef(image).path, formatDigest(digest), undefined) ?? absent(formatDigest(digest), image);
  return buffer(content.open(0, content.size));
}

function absent(name: string, where: string): never {
  throw new ShrinkwrapError('INPUT_INVALID', { what: 'archive', problems: [{ code: 'absent', message: `${where}: ${name} is not in the archive` }] });
}
