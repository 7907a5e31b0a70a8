/** From a reference to the one manifest of a platform: tags are resolved here, once, and never again. */
import { formatPlatform, type Platform } from '../../domain/arch.ts';
import type { Descriptor, ImageChild, WholeIndex } from '../../domain/artifact.ts';
import { formatDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { isImageConfig } from '../../domain/image-config-type.ts';
import { formatImageRef, type ImageRef } from '../../domain/image-ref.ts';
import type { ResolvedImage } from '../../domain/releases.ts';
import type { Document } from './document.ts';
import { type FetchedDocument, fetchDocument, type Reader } from './fetch-document.ts';
import { loadWarnings } from './load-warnings.ts';
import { readConfig } from './read-config.ts';
import { type IndexEntry, offeredPlatforms, selectPlatform } from './select-platform.ts';

type Fetched<K extends Document['kind']> = FetchedDocument & { readonly document: Extract<Document, { kind: K }> };

/** Indexes inside indexes are legal; more of them than this is a joke or an attack (facts/oci.md 4.5). */
const DEPTH_LIMIT = 4;
const INDEX_LIMIT = 32;
const CHILD_LIMIT = 256;

const isImage = (found: FetchedDocument): found is Fetched<'manifest'> => found.document.kind === 'manifest';
const isIndex = (found: FetchedDocument): found is Fetched<'index'> => found.document.kind === 'index';

export async function resolveImage(reader: Reader, ref: ImageRef, platform: Platform): Promise<ResolvedImage | undefined> {
  if (ref.digest !== undefined && ref.digest.algorithm !== 'sha256') {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'image reference', text: formatImageRef(ref), wanted: 'a sha256 digest' });
  }
  const named = await fetchDocument(reader, ref.digest === undefined ? { tag: ref.tag ?? 'latest' } : { digest: ref.digest });
  if ('absent' in named) {
    reader.note(`${formatImageRef(ref)}: ${named.absent}`);
    return undefined;
  }
  const found = isImage(named) ? named : isIndex(named) ? await descend(reader, named, { platform, seen: new Set(), depth: 1 }) : undefined;
  if (found === undefined) throw platformMissing(ref, platform, named.document);
  const { config, layers } = found.document;
  const isArtifact = !isImageConfig(config.mediaType);
  const own = isImage(named) && !isArtifact ? await readConfig(reader, config) : undefined;
  const whole = isIndex(named) && ref.digest !== undefined ? await readWholeIndex(reader, named) : undefined;
  return {
    repository: reader.endpoint.repository,
    manifest: descriptorOf(found),
    manifestBytes: found.bytes,
    ...(isIndex(named) && { index: { digest: named.digest, bytes: named.bytes } }),
    config,
    layers,
    ...(whole !== undefined && { whole: whole.index }),
    platform,
    documents: [found, ...(own === undefined ? [] : [{ digest: config.digest, bytes: own.bytes }]), ...(whole?.documents ?? [])].map(({ digest, bytes }) => ({
      digest,
      bytes,
    })),
    warnings: isArtifact ? [] : loadWarnings(formatImageRef(ref), { layers, platform, config: own }),
  };
}

export const descriptorOf = ({ document, digest, bytes }: FetchedDocument): Descriptor => ({ mediaType: document.mediaType, digest, size: bytes.length });

interface Descent {
  readonly platform: Platform;
  /** Digests of the indexes read so far, wherever they hung. */
  readonly seen: Set<string>;
  readonly depth: number;
}

async function descend(reader: Reader, index: Fetched<'index'>, { platform, seen, depth }: Descent): Promise<Fetched<'manifest'> | undefined> {
  const fail = (wanted: string, found: string): never => {
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url: index.url, path: 'manifests', wanted, found });
  };
  if (depth > DEPTH_LIMIT) return fail(`at most ${DEPTH_LIMIT} indexes inside each other`, 'more');
  if (seen.size >= INDEX_LIMIT) return fail(`at most ${INDEX_LIMIT} indexes`, 'more');
  seen.add(formatDigest(index.digest));
  for (const entry of selectPlatform(index.document.entries, platform)) {
    const name = formatDigest(entry.digest);
    if (seen.has(name)) continue;
    const child = await fetchDocument(reader, { digest: entry.digest });
    if ('absent' in child) throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'manifest', name, where: reader.endpoint.repository, exists: [] });
    check(reader, entry, child);
    const found = isImage(child) ? child : isIndex(child) ? await descend(reader, child, { platform, seen, depth: depth + 1 }) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Every child of an index that is pinned by its digest: registries refuse an index whose children they lack, attestations included
 * (facts/oci.md 1.5, 4.6).
 */
async function readWholeIndex(reader: Reader, index: Fetched<'index'>): Promise<{ index: WholeIndex; documents: FetchedDocument[] }> {
  const { entries } = index.document;
  if (entries.length > CHILD_LIMIT)
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url: index.url, path: 'manifests', wanted: `at most ${CHILD_LIMIT} images`, found: String(entries.length) });
  const documents: FetchedDocument[] = [index];
  const children: ImageChild[] = [];
  for (const entry of entries) {
    const child = await fetchDocument({ ...reader, artifacts: true }, { digest: entry.digest });
    if ('absent' in child)
      throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'manifest', name: formatDigest(entry.digest), where: reader.endpoint.repository, exists: [] });
    check(reader, entry, child);
    if (!isImage(child))
      throw new ShrinkwrapError('UPSTREAM_ANSWER', {
        url: child.url,
        path: '',
        wanted: 'an image in an index that is pinned by its digest',
        found: 'an index',
      });
    documents.push(child);
    children.push({ manifest: descriptorOf(child), config: child.document.config, layers: child.document.layers });
  }
  return { index: { index: descriptorOf(index), children }, documents };
}

/** The digest has been compared; what else the index says of its entry must be true too. */
function check({ endpoint }: Reader, entry: IndexEntry, child: FetchedDocument): void {
  const what = `${endpoint.repository}@${formatDigest(entry.digest)}`;
  const { mediaType } = child.document;
  if (child.bytes.length !== entry.size)
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'size', wanted: String(entry.size), found: String(child.bytes.length) });
  if (entry.mediaType !== '' && entry.mediaType !== mediaType)
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field: 'mediaType', wanted: entry.mediaType, found: mediaType });
}

function platformMissing(ref: ImageRef, platform: Platform, document: Document): ShrinkwrapError {
  const exists = document.kind === 'index' ? offeredPlatforms(document.entries) : [];
  return new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'platform', name: formatPlatform(platform), where: formatImageRef(ref), exists });
}
