/** What mirror did, for people and for programs; the fields are those of kubermatic-installer where it has them (facts/seed-systems.md 3.5). Pure. */
import type { ShrinkwrapError } from '../domain/errors.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import type { MirroredImage, MirrorReport } from '../pipeline/mirror/mirror.ts';
import { renderError } from './render-error.ts';

const count = (images: readonly MirroredImage[], status: MirroredImage['status']): number => images.filter((image) => image.status === status).length;

/** One line an image, the failed ones last with their reasons, then the sum. */
export function mirrorText({ images, blobs }: MirrorReport, dryRun: boolean): string {
  const lines = images.toSorted((a, b) => Number(a.status === 'failed') - Number(b.status === 'failed')).map(imageLine);
  const all = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const sent = `${formatBytes(blobs.uploadedBytes)} sent, ${blobs.mounted} blobs mounted`;
  const sum = dryRun
    ? `${all}; nothing was written`
    : `${all}: ${count(images, 'copied')} copied (${sent}), ${count(images, 'present')} already there, ${count(images, 'failed')} failed`;
  return [...lines, sum].map((line) => `${line}\n`).join('');
}

const WORDS: Readonly<Record<MirroredImage['status'], string>> = { copied: 'copied', present: 'present', failed: 'failed', planned: 'would copy' };

const imageLine = ({ source, target, status, error }: MirroredImage): string =>
  `${WORDS[status].padEnd(8)} ${source} -> ${target}${error === undefined ? '' : `: ${sentence(error)}`}`;

function sentence(error: ShrinkwrapError): string {
  const { message, details = [] } = renderError(error);
  return [message, ...details].join('; ');
}

export const mirrorDocument = ({ images, blobs }: MirrorReport, dryRun: boolean): unknown => ({
  'dry-run': dryRun,
  images: images.map(({ source, target, status, error }) => ({
    'source-image': source,
    'target-image': target,
    status,
    ...(error !== undefined && { error: { code: error.code, message: sentence(error) } }),
  })),
  'all-image-count': images.length,
  'copied-image-count': count(images, 'copied'),
  'present-image-count': count(images, 'present'),
  'failed-image-count': count(images, 'failed'),
  'uploaded-blob-count': blobs.uploaded,
  'uploaded-bytes': blobs.uploadedBytes,
  'mounted-blob-count': blobs.mounted,
});
