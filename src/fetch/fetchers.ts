/** How each kind of artifact gets into the store. A new kind does not compile until it has its row. */
import type { Artifact, ArtifactKind, ArtifactOf, Descriptor, ImageArtifact, SnapArtifact } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import type { Expectation } from '../store/store.ts';
import { describeArtifact } from './describe-artifact.ts';
import type { Obtain, OpenPart, Part } from './obtain.ts';
import type { FetchUpstream } from './upstream.ts';

export interface FetchContext {
  readonly signal: AbortSignal;
  readonly obtain: Obtain;
  /** Keeps the assertion stream of a snap under its path in the archive. */
  keepAssertions(path: string, stream: Buffer): void;
}

export type Fetcher<K extends ArtifactKind> = (artifact: ArtifactOf<K>, upstream: FetchUpstream, context: FetchContext) => Promise<void>;

const FETCHERS = {
  charm: (charm, { charmhub }, context) => fetchFile(charm, context, (options) => charmhub.open(charm.source, options)),
  resource: (resource, { charmhub }, context) => fetchFile(resource, context, (options) => charmhub.open(resource.source, options)),
  snap: fetchSnap,
  image: fetchImage,
} satisfies { [K in ArtifactKind]: Fetcher<K> };

export function fetchArtifact<K extends ArtifactKind>(
  artifact: ArtifactOf<K> & { readonly kind: K },
  upstream: FetchUpstream,
  context: FetchContext,
): Promise<void> {
  const table: { [Kind in ArtifactKind]: Fetcher<Kind> } = FETCHERS;
  return table[artifact.kind](artifact, upstream, context);
}

async function fetchFile(artifact: Exclude<Artifact, ImageArtifact>, { obtain }: FetchContext, open: OpenPart): Promise<void> {
  const { size, digests } = artifact;
  await obtain.files([{ expect: { what: describeArtifact(artifact), size, digests }, open }]);
}

async function fetchSnap(snap: SnapArtifact, { snaps }: FetchUpstream, context: FetchContext): Promise<void> {
  await fetchFile(snap, context, (options) => snaps.open(snap.source, options));
  context.keepAssertions(snap.assertPath, await snaps.assertions(snap, { signal: context.signal }));
}

/** The manifest first: a registry that has lost it need not be asked for the layers. */
async function fetchImage(image: ImageArtifact, { images }: FetchUpstream, { obtain, signal }: FetchContext): Promise<void> {
  const { repository, manifest, config, layers } = image;
  const expectation = ({ digest, size }: Descriptor, part: string): Expectation => ({ what: `${describeArtifact(image)}: ${part}`, size, digests: [digest] });
  await obtain.document(expectation(manifest, 'manifest'), () => images.manifest(repository, manifest.digest, { signal }));
  const blobs = new Map<string, Part>();
  for (const [index, blob] of [config, ...layers].entries()) {
    const part = index === 0 ? 'config' : `layer ${blob.digest.hex.slice(0, 12)}`;
    blobs.set(formatDigest(blob.digest), { expect: expectation(blob, part), open: (options) => images.open(repository, blob.digest, options) });
  }
  await obtain.files([...blobs.values()]);
}
