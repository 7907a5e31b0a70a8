/** Reads every file of an archive once: its digests, what of it is needed as text, and inside an image file every blob. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { ArchivedFile } from '../../store/archived-files.ts';
import { type ImageArchive, readImageFile } from '../../store/image-archive.ts';

export interface FoundFile {
  readonly path: string;
  readonly isFile: boolean;
  readonly size: number;
  /** Lower-case hexadecimal by algorithm: sha256, and sha3-384 of snaps. */
  readonly digests: Readonly<Record<string, string>>;
  /** Of the few files that are read as well as compared. */
  readonly bytes?: Buffer;
  readonly image?: ImageArchive | { readonly problem: string };
}

/** As much as a manifest of ten thousand artifacts. */
const TEXT_LIMIT = 64 * 1024 * 1024;
const TEXT =
  /^(?:manifest\.json|SHA256SUMS|(?:snaps|containers)\/[^/]+\.tsv|(?:containers|containers\/indexes|sources\/images)\/[^/]+\.json|snaps\/(?:trust\/)?[^/]+\.assert|sources\/snaps\/[^/]+\/snap\.yaml)$/;

/** Which blobs of a layout are manifests and configs is known when all have passed: those that look like JSON are kept. Registries take manifests of 4 MiB. */
const BLOB = /^containers\/blobs\/sha256\//;
const DOCUMENT_LIMIT = 4 * 1024 * 1024;
const JSON_START = Buffer.from('{ \t\r\n');

export async function digestFile({ path, isFile, size, bytes }: ArchivedFile, signal: AbortSignal): Promise<FoundFile> {
  const hashes = ['sha256', ...(/^snaps\/[^/]+\.snap$/.test(path) ? ['sha3-384'] : [])].map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  const isText = TEXT.test(path) && size <= TEXT_LIMIT;
  const isBlob = BLOB.test(path) && size <= DOCUMENT_LIMIT;
  const kept: Buffer[] = [];
  const image = /^containers\/[^/]+\.tgz$/.test(path) && isFile ? readImage(path, signal) : undefined;
  let read = 0;
  let isKept = isText;
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    if (read === 0 && isBlob) isKept = JSON_START.includes(chunk[0] ?? 0);
    read += chunk.length;
    for (const { hash } of hashes) hash.update(chunk);
    if (isKept) kept.push(chunk);
    await image?.write(chunk);
  }
  const inside = await image?.end();
  return {
    path,
    isFile,
    size: read,
    digests: Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')])),
    ...(isKept && { bytes: Buffer.concat(kept) }),
    ...(inside !== undefined && { image: inside }),
  };
}

/** The image reader beside the hash; when it gives up, the hash still gets the rest. */
function readImage(path: string, signal: AbortSignal): { write(chunk: Buffer): Promise<void>; end(): Promise<ImageArchive | { problem: string }> } {
  const source = new PassThrough({ highWaterMark: 1 << 20 });
  const closed = new AbortController();
  source.once('close', () => closed.abort());
  source.on('error', () => {});
  const reading = readImageFile(path, { signal, source }).catch((error: unknown) => {
    source.destroy();
    if (isShrinkwrapError(error) && 'text' in error.facts) return { problem: `${error.facts.text}, wanted ${error.facts.wanted}` };
    if (isShrinkwrapError(error) && 'field' in error.facts) return { problem: `${error.facts.what}: ${error.facts.field} ${error.facts.found}` };
    return { problem: error instanceof Error ? error.message : String(error) };
  });
  return {
    async write(chunk) {
      if (source.destroyed || source.write(chunk)) return;
      await once(source, 'drain', { signal: closed.signal }).catch(() => {});
    },
    end() {
      source.end();
      return reading;
    },
  };
}
