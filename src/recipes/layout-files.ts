/** `--image-format layout`: where images lie then, and the documents of the layout they share (docs/archive-format.md). Pure. */
import type { Descriptor, ImageArtifact } from '../domain/artifact.ts';
import { sameDigest } from '../domain/digest.ts';
import { namedBy } from '../domain/image-blobs.ts';
import { indexDocument, OCI_LAYOUT, type NamedDescriptor } from '../domain/image-documents.ts';
import { loadedName, parseImageRef } from '../domain/image-ref.ts';
import type { PlanFile, PlanRequest } from '../domain/plan.ts';
import { byCodeUnit } from '../domain/sorted.ts';
import { siteIndexes } from '../domain/site-index.ts';

type ImageFormat = PlanRequest['imageFormat'];

/** In a layout an image's own file is docker's manifest.json of it. */
export const placeImages = (images: readonly ImageArtifact[], format: ImageFormat): ImageArtifact[] =>
  images.map((image) => (format === 'layout' ? { ...image, path: image.path.replace(/\.tgz$/, '.json') } : image));

/** None where each image is a file of its own. */
export const layoutFiles = (images: readonly ImageArtifact[], format: ImageFormat): PlanFile[] =>
  format === 'layout'
    ? [
        { path: 'containers/index.json', text: indexDocument(entriesOf(images)) },
        { path: 'containers/oci-layout', text: OCI_LAYOUT },
      ]
    : [];

/** One a name, sorted: what its tag answers at the site. A pinned index that lost its tag to another has a name of its own. */
function entriesOf(images: readonly ImageArtifact[]): NamedDescriptor[] {
  const indexes = siteIndexes(images);
  const entries = new Map<string, NamedDescriptor>();
  const add = (name: string, named: Descriptor, image: ImageArtifact): void => {
    const platform = sameDigest(named.digest, image.manifest.digest) ? { platform: image.platform } : {};
    if (!entries.has(name)) entries.set(name, { named, ...platform, containerdName: name, refName: name });
  };
  for (const image of images) {
    const name = loadedName(parseImageRef(image.name), image.manifest.digest);
    const index = indexes.find(({ targets }) => targets.includes(image.targets[0] ?? ''))?.index ?? namedBy(image);
    add(name, index, image);
    if (!sameDigest(index.digest, namedBy(image).digest) && image.whole !== undefined)
      add(`${name.slice(0, name.lastIndexOf(':'))}:sha256-${image.whole.index.digest.hex.slice(0, 12)}`, image.whole.index, image);
  }
  return [...entries.values()].toSorted((a, b) => byCodeUnit(a.refName, b.refName));
}
