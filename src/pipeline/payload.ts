/** Plan + store → the entries of the archive but for manifest.json and SHA256SUMS. */
import { createReadStream } from 'node:fs';
import { bytesEntry, type Entry } from '../assemble/entry.ts';
import { imageFile } from '../assemble/image-file.ts';
import type { Artifact, ArtifactKind, ArtifactOf, Descriptor } from '../domain/artifact.ts';
import { formatDigest, type Digest } from '../domain/digest.ts';
import { imageBlobs } from '../domain/image-blobs.ts';
import { dockerDocument } from '../domain/image-documents.ts';
import { loadedName, parseImageRef } from '../domain/image-ref.ts';
import { layoutBlobs, layoutPath, liesInLayout } from '../domain/layout.ts';
import type { Plan } from '../domain/plan.ts';
import type { Store } from '../store/store.ts';
import { archiveReadme } from './archive-readme.ts';
import { kitEntries } from './kit-entries.ts';
import type { Settings } from './settings.ts';

export interface PayloadInput {
  readonly plan: Plan;
  readonly store: Store;
  /** Assertion streams by path. */
  readonly assertions: ReadonlyMap<string, Buffer>;
  readonly snapTrust: Settings['snapTrust'];
  readonly archiveFile: string;
}

type EntryOf<K extends ArtifactKind> = (artifact: ArtifactOf<K>, store: Store, plan: Plan) => Promise<Entry>;

const ENTRIES: { readonly [K in ArtifactKind]: EntryOf<K> } = { charm: storedEntry, resource: resourceEntry, snap: storedEntry, image: imageEntry };

const entryOf = <K extends ArtifactKind>(artifact: ArtifactOf<K>, store: Store, plan: Plan): Promise<Entry> => {
  const kind: K = artifact.kind;
  return ENTRIES[kind](artifact, store, plan);
};

export async function payloadOf({ plan, store, assertions, snapTrust, archiveFile }: PayloadInput): Promise<Entry[]> {
  return [
    ...(await Promise.all(plan.artifacts.map((artifact) => entryOf(artifact, store, plan)))),
    ...(await Promise.all(layoutBlobs(plan).map((blob) => blobEntry(blob, store)))),
    ...plan.files.map(({ path, text, encoding }) => bytesEntry(path, encoding === 'base64' ? Buffer.from(text, 'base64') : text)),
    ...[...assertions].map(([path, bytes]) => bytesEntry(path, bytes)),
    ...(plan.artifacts.some(({ kind }) => kind === 'snap')
      ? snapTrust.map(({ bytes }, index) => bytesEntry(`snaps/trust/root-${index + 1}.assert`, bytes))
      : []),
    ...(await kitEntries()),
    bytesEntry('README.md', await archiveReadme(plan, archiveFile)),
  ];
}

async function storedEntry({ path, size, digests }: Artifact, store: Store): Promise<Entry> {
  const digest = digests[0];
  const file = digest === undefined ? undefined : await store.find(digest, size);
  if (size === 0) return bytesEntry(path, '');
  if (file === undefined) throw new Error(`${path} is not in the store`);
  return { path, mode: 0o644, size, open: () => createReadStream(file, { highWaterMark: 1 << 20 }) };
}

async function resourceEntry(resource: ArtifactOf<'resource'>, store: Store, { artifacts }: Plan): Promise<Entry> {
  const { path, derived } = resource;
  if (derived === undefined) return storedEntry(resource, store);
  if (derived.from === 'text') return bytesEntry(path, derived.text);
  const image = artifacts.find((each): each is ArtifactOf<'image'> => each.kind === 'image' && each.path === derived.image);
  if (image === undefined) throw new Error(`${path} is made of ${derived.image}, which is not in the plan`);
  // The image under the very name that the charm's option has, so that no registry is asked for it.
  return { ...(await imageFileEntry({ ...image, name: derived.reference }, store)), path };
}

/** In a layout an image is a document beside the blobs. */
function imageEntry(image: ArtifactOf<'image'>, store: Store): Promise<Entry> {
  if (!liesInLayout(image)) return imageFileEntry(image, store);
  const { name, path, manifest } = image;
  return Promise.resolve(bytesEntry(path, dockerDocument(loadedName(parseImageRef(name), manifest.digest), image)));
}

async function blobEntry({ digest, size }: Descriptor, store: Store): Promise<Entry> {
  const file = await store.find(digest, size);
  if (file === undefined) throw new Error(`${formatDigest(digest)} is not in the store`);
  return { path: layoutPath(digest), mode: 0o644, size, open: () => createReadStream(file, { highWaterMark: 1 << 20 }) };
}

async function imageFileEntry(image: ArtifactOf<'image'>, store: Store): Promise<Entry> {
  const { manifest, config, layers, whole, platform, name, path } = image;
  const paths = new Map<string, string>();
  for (const { digest, size } of imageBlobs(image)) {
    const file = await store.find(digest, size);
    if (file === undefined) throw new Error(`${name}: ${formatDigest(digest)} is not in the store`);
    paths.set(formatDigest(digest), file);
  }
  const blobPath = (digest: Digest): string => paths.get(formatDigest(digest)) ?? '';
  const tag = parseImageRef(name).tag ?? `sha256-${manifest.digest.hex.slice(0, 12)}`;
  const file = imageFile({ reference: name, tag, platform, manifest, config, layers, ...(whole !== undefined && { whole }), blobPath });
  return { path, mode: 0o644, size: file.size, open: (signal) => file.stream(signal) };
}
