/** One image as one file that docker, podman, skopeo and containerd load: OCI layout and `docker save` in one tar (docs/archive-format.md). */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Platform } from '../domain/arch.ts';
import type { Digest } from '../domain/digest.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import { imageBlobs, namedBy, type ImageContent } from '../domain/image-blobs.ts';
import { isImageConfig } from '../domain/image-config-type.ts';
import { blobName, dockerDocument, indexDocument, OCI_LAYOUT } from '../domain/image-documents.ts';
import { parseImageRef } from '../domain/image-ref.ts';
import { localFailure } from '../store/local-failure.ts';
import { splitViews } from './split-views.ts';
import { type Piece, storedGzip, storedGzipSize } from './stored-gzip.ts';
import { TAR_END, tarEntrySize, tarHeader, tarPadding } from './tar-header.ts';

export interface ImageFileInput extends ImageContent {
  /** The name as the list or charm has it, whichever registry served the bytes. */
  readonly reference: string;
  /** The tag it gets: its own, or a made-up one when it has only a digest, which docker refuses in RepoTags. */
  readonly tag: string;
  readonly platform: Platform;
  /** Where the bytes of a blob lie; they have been verified on their way there. */
  readonly blobPath: (digest: Digest) => string;
}

export interface ImageFile {
  /** Exact bytes of the file, known without reading a blob. */
  readonly size: number;
  /** Fails with INTEGRITY_MISMATCH when a blob on disk is shorter or longer than the image says. */
  stream(signal: AbortSignal): Readable;
}

type Entry = { readonly name: string; readonly size: number } & ({ readonly text: Buffer } | { readonly path: string });

export function imageFile(input: ImageFileInput): ImageFile {
  const entries = entriesOf(input);
  const tarSize = entries.reduce((total, { size }) => total + tarEntrySize(size), TAR_END.length);
  return {
    size: storedGzipSize(tarSize),
    // Chunk by chunk as they were made, one ahead of its reader.
    stream: (signal) => Readable.from(storedGzip(tarOf(entries, signal), tarSize), { signal, highWaterMark: 1 }),
  };
}

/** Small documents first: a reader that streams knows what follows (facts/oci.md 4.1). */
function entriesOf(input: ImageFileInput): Entry[] {
  return [
    documentEntry('oci-layout', OCI_LAYOUT),
    documentEntry('index.json', indexOf(input)),
    // What is no image has no docker form (docs/archive-format.md).
    ...(isImageConfig(input.config.mediaType) ? [documentEntry('manifest.json', dockerDocument(fullName(input.reference, input.tag), input))] : []),
    ...imageBlobs(input).map(({ digest, size }) => ({ name: blobName(digest), size, path: input.blobPath(digest) })),
  ];
}

function documentEntry(name: string, document: string): Entry {
  const text = Buffer.from(document);
  return { name, size: text.length, text };
}

function indexOf({ reference, tag, platform, ...image }: ImageFileInput): string {
  const entry = { named: namedBy(image), containerdName: fullName(reference, tag), refName: tag };
  return indexDocument([image.whole === undefined ? { ...entry, platform } : entry]);
}

function fullName(reference: string, tag: string): string {
  const { host, path } = parseImageRef(reference);
  return `${host}/${path}:${tag}`;
}

async function* tarOf(entries: readonly Entry[], signal: AbortSignal): AsyncGenerator<Uint8Array | Piece, void, undefined> {
  for (const entry of entries) {
    yield tarHeader(entry.name, entry.size);
    if ('text' in entry) yield entry.text;
    else yield* openPiece(entry.path, entry.name, entry.size, signal);
    yield Buffer.alloc(tarPadding(entry.size));
  }
  yield TAR_END;
}

/** The sizes of the headers are written before the bytes are seen: a file that is not as long as the plan says must not go unnoticed. */
async function* openPiece(path: string, what: string, size: number, signal: AbortSignal): AsyncGenerator<Piece, void, undefined> {
  const mismatch = (found: number): ShrinkwrapError =>
    new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'size', wanted: String(size), found: String(found) });
  const file = await open(path).catch((error: unknown) => {
    throw localFailure(error, path);
  });
  let done = 0;
  const read = async (views: readonly Uint8Array[]): Promise<void> => {
    for (let free = views; free.length > 0;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.readv([...free], done);
      if (bytesRead === 0) throw mismatch(done);
      done += bytesRead;
      [, free] = splitViews(free, bytesRead);
    }
  };
  try {
    const { size: onDisk } = await file.stat();
    if (onDisk !== size) throw mismatch(onDisk);
    yield { size, read };
  } finally {
    await file.close();
  }
}
