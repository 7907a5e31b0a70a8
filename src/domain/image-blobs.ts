/** What an image consists of, in a registry and in a file. Pure. */
import type { Descriptor, ImageArtifact } from './artifact.ts';
import { formatDigest } from './digest.ts';

export type ImageContent = Pick<ImageArtifact, 'manifest' | 'config' | 'layers' | 'whole'>;

/** What its name names: the index that it pins, else the manifest of the platform. */
export const namedBy = ({ manifest, whole }: ImageContent): Descriptor => whole?.index ?? manifest;

/** Every blob once: what is named first, then manifests, then configs and layers. A reader that streams knows what follows (facts/oci.md 4.1). */
export function imageBlobs(image: ImageContent): Descriptor[] {
  const children = [image, ...(image.whole?.children ?? [])];
  const blobs = [namedBy(image), ...children.map(({ manifest }) => manifest), ...children.flatMap(({ config, layers }) => [config, ...layers])];
  return [...new Map(blobs.map((blob) => [formatDigest(blob.digest), blob])).values()];
}
