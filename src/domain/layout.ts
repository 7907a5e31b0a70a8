/** The other form of the images in an archive: one OCI layout below containers/ in which they share their blobs (docs/archive-format.md). Pure. */
import type { Descriptor, ImageArtifact } from './artifact.ts';
import { type Digest, formatDigest } from './digest.ts';
import { imageBlobs } from './image-blobs.ts';
import { blobName } from './image-documents.ts';
import type { Plan } from './plan.ts';

export const layoutPath = (digest: Digest): string => `containers/${blobName(digest)}`;

/** Its file is docker's manifest.json of it then. */
export const liesInLayout = ({ path }: Pick<ImageArtifact, 'path'>): boolean => path.endsWith('.json');

/** Blobs that lie in the layout of a plan and that the plan does not carry itself, each once; none where each image is a file of its own. */
export function layoutBlobs({ artifacts, files }: Pick<Plan, 'artifacts' | 'files'>): Descriptor[] {
  const own = new Set(files.map(({ path }) => path));
  const blobs = artifacts.flatMap((artifact) => (artifact.kind === 'image' && liesInLayout(artifact) ? imageBlobs(artifact) : []));
  return [...new Map(blobs.map((blob) => [formatDigest(blob.digest), blob])).values()].filter(({ digest }) => !own.has(layoutPath(digest)));
}
