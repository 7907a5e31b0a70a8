/** Names of a list → jobs: registry to registry, an index with its every image unless one platform is asked for. */
import type { FetchedDocument } from '../../clients/oci/fetch-document.ts';
import type { RegistryClient } from '../../clients/oci/registry.ts';
import type { Platform } from '../../domain/arch.ts';
import { formatDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { parseImageRef, type ImageRef } from '../../domain/image-ref.ts';
import { type Destination, listPlace, targetAt } from './destination.ts';
import type { ImageTree, MirrorJob } from './job.ts';
import { resumedBytes } from './resumed-bytes.ts';
import { verifiedBytes } from './verified-bytes.ts';

export interface ListJobOptions {
  readonly client: RegistryClient;
  readonly destination: Destination;
  readonly platform?: Platform;
  /** For one blob, without progress. */
  readonly tries: number;
}

/** As many documents as one image may consist of, and as deep as they may lie in each other (facts/oci.md 4.5). */
const DOCUMENT_LIMIT = 256;
const DEPTH_LIMIT = 4;

export const listJobs = (names: readonly string[], options: ListJobOptions): MirrorJob[] => names.map((name) => listJob(name, options));

function listJob(name: string, { client, destination, platform, tries }: ListJobOptions): MirrorJob {
  const ref = parseImageRef(name);
  const read = (signal: AbortSignal): Promise<ImageTree> => (platform === undefined ? readTree(client, ref, signal) : readPlatform(client, ref, platform));
  return {
    source: name,
    target: targetAt(destination, listPlace(name)),
    digest: async (signal) => {
      if (platform !== undefined) return (await read(signal)).digest;
      return (await client.digestOf(ref, { signal })) ?? absent(ref);
    },
    read,
    open: (blob, signal) => {
      const { digest, size, urls } = blob;
      const open = (offset: number) => client.open(`${ref.host}/${ref.path}`, digest, { offset, signal, ...(urls !== undefined && { urls }) });
      return verifiedBytes(resumedBytes(open, { size, tries, signal }), blob);
    },
  };
}

function absent(ref: ImageRef): never {
  const name = ref.digest === undefined ? `${ref.path}:${ref.tag ?? 'latest'}` : `${ref.path}@${formatDigest(ref.digest)}`;
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'image', name, where: ref.host, exists: [] });
}

async function readPlatform(client: RegistryClient, ref: ImageRef, platform: Platform): Promise<ImageTree> {
  const { manifest, manifestBytes, config, layers } = (await client.resolve(ref, platform, { artifacts: 'allow' })) ?? absent(ref);
  return { ...manifest, bytes: manifestBytes, children: [], blobs: [config, ...layers] };
}

async function readTree(client: RegistryClient, ref: ImageRef, signal: AbortSignal): Promise<ImageTree> {
  let documents = 0;
  const treeOf = async ({ document, digest, bytes, url }: FetchedDocument, depth: number): Promise<ImageTree> => {
    documents += 1;
    if (documents > DOCUMENT_LIMIT || depth > DEPTH_LIMIT) {
      const wanted = `at most ${DOCUMENT_LIMIT} manifests, ${DEPTH_LIMIT} indexes inside each other`;
      throw new ShrinkwrapError('UPSTREAM_ANSWER', { url, path: 'manifests', wanted, found: 'more' });
    }
    const own = { mediaType: document.mediaType, digest, bytes };
    if (document.kind === 'manifest') return { ...own, children: [], blobs: [document.config, ...document.layers] };
    const children: ImageTree[] = [];
    for (const entry of document.entries) {
      const child = { host: ref.host, path: ref.path, digest: entry.digest };
      children.push(await treeOf((await client.document(child, { signal })) ?? absent(child), depth + 1));
    }
    return { ...own, children, blobs: [] };
  };
  return treeOf((await client.document(ref, { signal })) ?? absent(ref), 0);
}
