/** Media types of image manifests: what we ask for, and what a document really is (facts/oci.md 1.2). */

export type DocumentKind = 'index' | 'manifest' | 'schema1';

const KINDS: ReadonlyMap<string, DocumentKind> = new Map([
  ['application/vnd.oci.image.index.v1+json', 'index'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
  ['application/vnd.oci.image.manifest.v1+json', 'manifest'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'manifest'],
  ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'schema1'],
  ['application/vnd.docker.distribution.manifest.v1+json', 'schema1'],
]);

/** Everything but the retired schema 1: a registry that misses one of these answers 404 instead of the image. */
export const ACCEPT = [...KINDS]
  .filter(([, kind]) => kind !== 'schema1')
  .map(([type]) => type)
  .join(', ');

/** The OCI names of what carries no `mediaType` of its own. */
export const OCI_TYPE = { index: 'application/vnd.oci.image.index.v1+json', manifest: 'application/vnd.oci.image.manifest.v1+json' } as const;

export const kindOf = (mediaType: string): DocumentKind | undefined => KINDS.get(mediaType);

/** `Application/X; charset=utf-8` → `application/x`. */
export const bareType = (contentType: string): string => contentType.replace(/;.*$/s, '').trim().toLowerCase();
