/** Reading from the registry: manifests, blobs, tags (facts/oci.md 1.1-1.4, 1.7). */
import { type Answer, type Asked, download, json } from '../exchange.ts';
import type { ServedManifest } from './catalogue.ts';
import { API_VERSION, ociError } from './errors.ts';
import type { Repositories } from './repositories.ts';

export function answerManifest(name: string, reference: string, asked: Asked, images: Repositories): Answer {
  if (!images.has(name)) return ociError('NAME_UNKNOWN', 'repository name not known to registry', [{ name }]);
  const found = images.manifest(name, reference, asked.query.get('ns') ?? undefined);
  if (found === undefined) return ociError('MANIFEST_UNKNOWN', 'manifest unknown', [{ Reference: reference }]);
  if (!accepts(asked.headers.accept, found)) {
    return ociError('MANIFEST_UNKNOWN', `manifest of type ${found.mediaType} found, but accept header does not support it`, [{ Reference: reference }]);
  }
  const headers = { ...API_VERSION, 'content-type': found.mediaType, 'docker-content-digest': found.digest, etag: `"${found.digest}"` };
  return { status: 200, headers, body: found.content };
}

/** As distribution does: an OCI manifest is not given to a client that did not name its type (facts/oci.md 1.2). */
function accepts(header: string | undefined, { mediaType }: ServedManifest): boolean {
  if (header === undefined || header.trim() === '') return true;
  const types = header.split(',').map((part) => part.split(';')[0]?.trim());
  return types.includes(mediaType) || types.includes('*/*') || types.includes('application/*');
}

export function answerBlob(name: string, digest: string, images: Repositories): Answer {
  const found = images.blob(name, digest);
  if (found === undefined) return ociError('BLOB_UNKNOWN', 'blob unknown to registry', [{ digest }]);
  const answer = download(found, 'application/octet-stream', digest);
  return { ...answer, headers: { ...answer.headers, ...API_VERSION, 'docker-content-digest': digest } };
}

export function answerTags(name: string, { query, base }: Asked, images: Repositories): Answer {
  if (!images.has(name)) return ociError('NAME_UNKNOWN', 'repository name not known to registry', [{ name }]);
  const [limit, last] = [query.get('n'), query.get('last') ?? ''];
  if (limit !== null && !/^\d+$/.test(limit)) return ociError('PAGINATION_NUMBER_INVALID', 'n must be a whole number', [{ n: limit }]);
  const rest = images.tags(name).filter((tag) => tag > last);
  const page = limit === null ? rest : rest.slice(0, Number(limit));
  const end = page.at(-1);
  const more =
    page.length < rest.length && end !== undefined ? { link: `<${base}/v2/${name}/tags/list?n=${limit}&last=${encodeURIComponent(end)}>; rel="next"` } : {};
  return json(200, { name, tags: page }, { ...API_VERSION, ...more });
}
