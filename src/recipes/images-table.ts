/** containers/images.tsv (docs/archive-format.md). Pure. */
import { formatPlatform } from '../domain/arch.ts';
import type { ImageArtifact } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import type { PlanFile } from '../domain/plan.ts';
import { formatTsv } from '../domain/tsv.ts';

export const IMAGES_TABLE = 'containers/images.tsv';
export const IMAGE_COLUMNS = ['image', 'file', 'digest', 'media_type', 'platform', 'size', 'index_digest', 'targets'] as const;

export function imagesTable(images: readonly ImageArtifact[]): PlanFile {
  const rows = images.map((image) => ({
    image: image.name,
    file: image.path,
    digest: formatDigest(image.manifest.digest),
    media_type: image.manifest.mediaType,
    platform: formatPlatform(image.platform),
    size: image.size,
    index_digest: image.index === undefined ? '' : formatDigest(image.index),
    targets: image.targets.join(','),
  }));
  return { path: IMAGES_TABLE, text: formatTsv(IMAGE_COLUMNS, rows) };
}
