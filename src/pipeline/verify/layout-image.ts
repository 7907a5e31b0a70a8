/** An image of the shared layout as if it were a file of its own (docs/archive-format.md). */
import { parseDigest } from '../../domain/digest.ts';
import type { ImageArchive } from '../../store/image-archive.ts';
import { fieldsOf } from './check-manifest.ts';
import type { FoundFile } from './digest-files.ts';

const BLOBS = 'containers/blobs/sha256/';
const INDEX = 'containers/index.json';

export type LayoutBlobs = ReadonlyMap<string, FoundFile>;

/** The blobs of the layout by the hex of their names. */
export const layoutBlobs = (files: ReadonlyMap<string, FoundFile>): LayoutBlobs =>
  new Map([...files.values()].filter(({ path }) => path.startsWith(BLOBS)).map((file) => [file.path.slice(BLOBS.length), file]));

export const isLayoutDocument = (path: string): boolean => /^containers\/[^/]+\.json$/.test(path) && path !== INDEX;

export interface LayoutRow {
  /** Of docker's manifest.json of the image. */
  readonly path: string;
  /** Digest of the platform's manifest. */
  readonly manifest: string;
  /** Digest of what the name must lead to: the index that it pins, else that manifest. */
  readonly wanted: string;
}

export function layoutImage(
  { path, manifest, wanted }: LayoutRow,
  files: ReadonlyMap<string, FoundFile>,
  blobs: LayoutBlobs,
): ImageArchive | { readonly problem: string } {
  const [docker] = listOf(json(files.get(path)?.bytes));
  const { Config: config, RepoTags: names, Layers: layers } = fieldsOf(docker);
  const [reference] = listOf(names);
  if (typeof reference !== 'string') return { problem: 'no name in it' };
  const entries = manifestsOf(files.get(INDEX)?.bytes);
  const { mediaType, digest } = entries.find(({ annotations }) => fieldsOf(annotations)['io.containerd.image.name'] === reference) ?? {};
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !DIGEST.test(digest)) return { problem: `no ${reference} in ${INDEX}` };
  const documents = documentsOf([digest, wanted, manifest].map(hexOf), blobs);
  const own = fieldsOf(json(documents.get(hexOf(manifest))));
  const parts = [own['config'], ...listOf(own['layers'])].map((part) => `blobs/sha256/${hexOf(fieldsOf(part)['digest'])}`);
  if ([config, ...listOf(layers)].join(' ') !== parts.join(' ')) return { problem: `other blobs than those of ${manifest}` };
  // A tag may answer an index made here, or another one that is pinned under it.
  const leadsThere = [...manifestsOf(documents.get(hexOf(digest))), ...entries].some((entry) => entry['digest'] === wanted);
  return { reference, mediaType, digest: parseDigest(leadsThere && DIGEST.test(wanted) ? wanted : digest), blobs, documents };
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

function documentsOf(roots: readonly string[], blobs: LayoutBlobs): Map<string, Buffer> {
  const documents = new Map<string, Buffer>();
  const add = (hex: string): void => {
    const bytes = blobs.get(hex)?.bytes;
    if (bytes === undefined || documents.has(hex)) return;
    documents.set(hex, bytes);
    for (const { digest } of manifestsOf(bytes)) add(hexOf(digest));
  };
  roots.forEach(add);
  return documents;
}

/** Descriptors of an index; none for what is none. */
const manifestsOf = (bytes: Buffer | undefined): Readonly<Record<string, unknown>>[] => listOf(fieldsOf(json(bytes))['manifests']).map(fieldsOf);

function json(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const hexOf = (digest: unknown): string => (typeof digest === 'string' ? digest.replace(/^sha256:/, '') : '');
