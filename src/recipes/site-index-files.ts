/** Tables and texts of the indexes that tags of the site answer (docs/archive-format.md). Pure. */
import type { ImageArtifact } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import { layoutPath } from '../domain/layout.ts';
import type { PlanFile, PlanRequest } from '../domain/plan.ts';
import { siteIndexes, type SiteIndex } from '../domain/site-index.ts';
import { formatTsv } from '../domain/tsv.ts';

/** None where every tag answers one manifest. */
export function siteIndexFiles(images: readonly ImageArtifact[], format?: PlanRequest['imageFormat']): PlanFile[] {
  const indexes = siteIndexes(images);
  if (indexes.length === 0) return [];
  const rows = indexes.map((each) => ({
    index: formatDigest(each.index.digest),
    media_type: each.index.mediaType,
    size: each.index.size,
    file: placeOf(each, format),
    targets: each.targets.join(','),
  }));
  const children = indexes.flatMap(({ index, children: all }) =>
    all.map(({ manifest, config, layers }) => ({
      index: formatDigest(index.digest),
      digest: formatDigest(manifest.digest),
      media_type: manifest.mediaType,
      blobs: [...new Set([config, ...layers].map(({ digest }) => digest.hex))].join(','),
    })),
  );
  return [
    { path: 'containers/indexes.tsv', text: formatTsv(['index', 'media_type', 'size', 'file', 'targets'], rows) },
    { path: 'containers/children.tsv', text: formatTsv(['index', 'digest', 'media_type', 'blobs'], children) },
    ...indexes.flatMap((each) => (each.made === undefined ? [] : [{ path: placeOf(each, format), text: each.made }])),
  ];
}

/** A layout has them among its blobs; else those of upstream are among the raw answers. */
function placeOf({ index, made }: SiteIndex, format: PlanRequest['imageFormat']): string {
  if (format === 'layout') return layoutPath(index.digest);
  return `${made === undefined ? 'sources/images' : 'containers/indexes'}/sha256-${index.digest.hex}.json`;
}
