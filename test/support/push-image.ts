/** Puts small images into a registry on loopback, with fetch alone. */
import assert from 'node:assert/strict';
import { document, sha256, type Served } from './scripted-registry.ts';
import { entry, OCI_INDEX, OCI_MANIFEST, ociIndex } from './registry-fixture.ts';

export const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';

export interface PushOptions {
  /** A header for every request. */
  readonly authorization?: string;
}

const headersOf = ({ authorization }: PushOptions): Record<string, string> => (authorization === undefined ? {} : { authorization });

export async function pushBlob(base: string, repository: string, bytes: Buffer, options: PushOptions = {}): Promise<void> {
  const headers = headersOf(options);
  const opened = await fetch(`${base}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
  assert.equal(opened.status, 202);
  const location = new URL(opened.headers.get('location') ?? '', base);
  location.searchParams.set('digest', sha256(bytes));
  const put = await fetch(location, { method: 'PUT', body: new Uint8Array(bytes), headers: { ...headers, 'content-type': 'application/octet-stream' } });
  assert.equal(put.status, 201);
}

export async function putManifest(base: string, repository: string, reference: string, { bytes, mediaType }: Served, options: PushOptions = {}): Promise<void> {
  const put = await fetch(`${base}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    body: new Uint8Array(bytes),
    headers: { ...headersOf(options), 'content-type': mediaType },
  });
  assert.equal(put.status, 201, await put.text());
}

const blob = (mediaType: string, bytes: Buffer): Record<string, unknown> => ({ mediaType, digest: sha256(bytes), size: bytes.length });

/** A manifest of literal parts, and its blobs. */
export function imageOf(
  text: string,
  { architecture = 'amd64', configType = 'application/vnd.oci.image.config.v1+json' } = {},
): { manifest: Served; blobs: Buffer[] } {
  const config = Buffer.from(JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [sha256(text)] } }));
  const layer = Buffer.from(text);
  const manifest = document(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: blob(configType, config),
    layers: [blob('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
  });
  return { manifest, blobs: [config, layer] };
}

/** Digest of what the tag names. */
export async function pushImage(base: string, repository: string, tag: string, image: ReturnType<typeof imageOf>, options: PushOptions = {}): Promise<string> {
  for (const bytes of image.blobs) await pushBlob(base, repository, bytes, options);
  await putManifest(base, repository, tag, image.manifest, options);
  return image.manifest.digest;
}

/** An index of amd64 and arm64 with an attestation beside them; the digest of the index. */
export async function pushIndex(base: string, repository: string, tag: string, text: string, options: PushOptions = {}): Promise<string> {
  const children = ['amd64', 'arm64'].map((architecture) => ({
    image: imageOf(`${text} for ${architecture}`, { architecture }),
    platform: { os: 'linux', architecture },
  }));
  const attestation = { image: imageOf(`attestation of ${text}`), platform: { os: 'unknown', architecture: 'unknown' } };
  for (const { image } of [...children, attestation]) await pushImage(base, repository, image.manifest.digest, image, options);
  const index = ociIndex([...children, attestation].map(({ image, platform }) => entry(image.manifest, { platform })));
  await putManifest(base, repository, tag, index, options);
  return index.digest;
}

/** What the registry says that the reference is. */
export async function digestAt(base: string, repository: string, reference: string, options: PushOptions = {}): Promise<string | undefined> {
  const accept = [OCI_INDEX, OCI_MANIFEST].join(', ');
  const found = await fetch(`${base}/v2/${repository}/manifests/${reference}`, { method: 'HEAD', headers: { ...headersOf(options), accept } });
  return found.status === 200 ? (found.headers.get('docker-content-digest') ?? '') : undefined;
}
