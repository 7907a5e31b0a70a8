/** The small documents by which engines find their way in a file or layout (facts/oci.md 4.1-4.3). Pure. */
import { formatPlatform, type Platform } from './arch.ts';
import type { Descriptor } from './artifact.ts';
import { type Digest, formatDigest } from './digest.ts';
import { ShrinkwrapError } from './errors.ts';
import type { ImageContent } from './image-blobs.ts';
import { sortedBy } from './sorted.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/** Text of `oci-layout`. */
export const OCI_LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** `blobs/sha256/<hex>`: a layout of ours has no place for another algorithm. */
export function blobName(digest: Digest): string {
  if (digest.algorithm !== 'sha256')
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'digest of a blob', text: formatDigest(digest), wanted: 'sha256:<hex>' });
  return `blobs/sha256/${digest.hex}`;
}

/** What docker load reads: `name` is HOST/PATH:TAG. */
export const dockerDocument = (name: string, { config, layers }: Pick<ImageContent, 'config' | 'layers'>): string =>
  JSON.stringify([{ Config: blobName(config.digest), RepoTags: [name], Layers: layers.map(({ digest }) => blobName(digest)) }]);

export interface NamedDescriptor {
  readonly named: Descriptor;
  /** Of a manifest; an index has one for each of its own. */
  readonly platform?: Platform;
  /** containerd, docker and podman take this annotation for the name; what they make of the other differs (facts/oci.md 4.2). */
  readonly containerdName: string;
  readonly refName: string;
}

/** Text of `index.json`. */
export const indexDocument = (entries: readonly NamedDescriptor[]): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries.map(descriptorOf) });

function descriptorOf({ named: { mediaType, digest, size }, platform, containerdName, refName }: NamedDescriptor): object {
  return {
    mediaType,
    digest: formatDigest(digest),
    size,
    ...(platform !== undefined && { platform: platformOf(platform) }),
    annotations: { 'io.containerd.image.name': containerdName, 'org.opencontainers.image.ref.name': refName },
  };
}

const platformOf = ({ os, architecture, variant }: Platform): object => ({ architecture, os, ...(variant !== undefined && { variant }) });

/** Text of an index over images of several platforms, sorted by them: the same images give the same text. */
export const platformIndex = (images: readonly { readonly manifest: Descriptor; readonly platform: Platform }[]): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: sortedBy(images, ({ platform }) => formatPlatform(platform)).map(({ manifest: { mediaType, digest, size }, platform }) => ({
      mediaType,
      digest: formatDigest(digest),
      size,
      platform: platformOf(platform),
    })),
  });
