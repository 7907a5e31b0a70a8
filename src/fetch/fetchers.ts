/** How each kind of artifact gets into the store. A new kind does not compile until it has its row. */
import type { Artifact, ArtifactKind, ArtifactOf, CharmArtifact, Descriptor, ImageArtifact, ResourceArtifact, SnapArtifact } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import type { Expectation } from '../store/store.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
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

/** `source` of what came from a file of some machine. */
const LOCAL = 'local:';

const FETCHERS = {
  charm: fetchFromCharmhub,
  resource: async (resource, upstream, context) => {
    // What is made here is made when the archive is written.
    if (resource.derived === undefined) await fetchFromCharmhub(resource, upstream, context);
  },
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

/** A file of the machine where the plan was made is in the store or nowhere. */
async function fetchFromCharmhub(artifact: CharmArtifact | ResourceArtifact, { charmhub }: FetchUpstream, context: FetchContext): Promise<void> {
  const { source } = artifact;
  await fetchFile(artifact, context, (options) => (source.startsWith(LOCAL) ? Promise.reject(localAbsent(artifact)) : charmhub.open(source, options)));
}

function localAbsent(artifact: CharmArtifact | ResourceArtifact): ShrinkwrapError {
  const { source, digests } = artifact;
  const sha256 = digests.find(({ algorithm }) => algorithm === 'sha256')?.hex ?? '';
  const message = `${describeArtifact(artifact)}: the local file ${source.slice(LOCAL.length)} with sha256 ${sha256} is not in the cache; plan again where it lies`;
  return new ShrinkwrapError('INPUT_INVALID', { what: 'plan', problems: [{ code: 'local-file', message }] });
}

async function fetchSnap(snap: SnapArtifact, { snaps }: FetchUpstream, context: FetchContext): Promise<void> {
  await fetchFile(snap, context, (options) => snaps.open(snap.source, options));
  context.keepAssertions(snap.assertPath, await snaps.assertions(snap, { signal: context.signal }));
}

/** Documents first: a registry that has lost one need not be asked for the layers. Of a pinned index every image comes along. */
async function fetchImage(image: ImageArtifact, { images }: FetchUpstream, { obtain, signal }: FetchContext): Promise<void> {
  const { repository, whole } = image;
  const expectation = ({ digest, size }: Descriptor, part: string): Expectation => ({ what: `${describeArtifact(image)}: ${part}`, size, digests: [digest] });
  const children = whole?.children ?? [];
  const documents = new Map([image, ...children].map(({ manifest }) => [formatDigest(manifest.digest), manifest]));
  if (whole !== undefined) documents.set(formatDigest(whole.index.digest), whole.index);
  for (const document of documents.values())
    await obtain.document(expectation(document, 'manifest'), () => images.manifest(repository, document.digest, { signal }));
  const blobs = new Map<string, Part>();
  for (const { config, layers } of [image, ...children]) {
    for (const [index, blob] of [config, ...layers].entries()) {
      const part = index === 0 ? 'config' : `layer ${blob.digest.hex.slice(0, 12)}`;
      const { urls } = blob;
      const open: OpenPart = (options) => images.open(repository, blob.digest, { ...options, ...(urls !== undefined && { urls }) });
      blobs.set(formatDigest(blob.digest), { expect: expectation(blob, part), open });
    }
  }
  await obtain.files([...blobs.values()]);
}
