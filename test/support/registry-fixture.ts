/** A registry client over real sockets, and small images to answer with. */
import type { TestContext } from 'node:test';
import type { Http } from '#src/clients/http.js';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '#src/clients/oci/registry.js';
import { createHttp } from '#src/clients/create-http.js';
import { type Script, type ScriptedRegistry, document, type Served, sha256, scriptedRegistry } from './scripted-registry.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

export const AMD64 = { os: 'linux', architecture: 'amd64' };
export const ARM64 = { os: 'linux', architecture: 'arm64' };

export function testHttp(t: TestContext): Http {
  const http = createHttp({ userAgent: 'test', retries: 3, delays: { baseMs: 1, capMs: 5 } });
  t.after(() => http.close());
  return http;
}

export interface Fixture {
  readonly registry: ScriptedRegistry;
  readonly client: RegistryClient;
  readonly notes: string[];
}

/** The client speaks plain http with the registry, under the registry's own address. */
export async function fixture(t: TestContext, script: Script, options: Partial<RegistryClientOptions> = {}): Promise<Fixture> {
  const registry = await scriptedRegistry(script);
  t.after(() => registry.close());
  const notes: string[] = [];
  const client = createRegistryClient({
    http: testHttp(t),
    mirrors: new Map(),
    insecureHosts: new Set([registry.host]),
    note: (message) => notes.push(message),
    signal: AbortSignal.timeout(10_000),
    ...options,
  });
  return { registry, client, notes };
}

/** What was asked but for blobs: an image that no index names a platform for has its config read too. */
export const documentsAsked = ({ asked }: ScriptedRegistry): ScriptedRegistry['asked'] => asked.filter(({ url }) => !url.includes('/blobs/'));

const blob = (mediaType: string, text: string) => ({ mediaType, digest: sha256(text), size: Buffer.byteLength(text) });

/** An OCI image whose layer holds `text`. */
export const ociImage = (text: string, extra: Record<string, unknown> = {}): Served =>
  document(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: blob('application/vnd.oci.image.config.v1+json', `config of ${text}`),
    layers: [blob('application/vnd.oci.image.layer.v1.tar+gzip', text)],
    ...extra,
  });

export const entry = ({ mediaType, digest, bytes }: Served, extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  mediaType,
  digest,
  size: bytes.length,
  ...extra,
});

export const ociIndex = (manifests: readonly unknown[]): Served => document(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
