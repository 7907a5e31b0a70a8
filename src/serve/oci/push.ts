/** Writing to the registry: upload sessions, mounts, manifests (facts/oci.md 1.5). Blobs lie in a folder, the rest in memory: it is thrown away afterwards. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Digest, formatDigest, parseDigest } from '../../domain/digest.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { fileContent } from '../directory.ts';
import { type Answer, type Asked, bytesContent, empty, readBody } from '../exchange.ts';
import { isObject, optionalString, parseObject } from '../json.ts';
import { API_VERSION, ociError } from './errors.ts';
import type { Repositories } from './repositories.ts';
import type { OciRoute } from './route.ts';

/** What the specification asks registries to take. */
const MANIFEST_LIMIT = 4 * 1024 * 1024;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

interface Session {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

export interface Uploads {
  /** Where blobs lie; made at the first upload. */
  folder(): Promise<string>;
  readonly sessions: Map<string, Session>;
}

export const createUploads = (folder: () => Promise<string>): Uploads => ({ folder, sessions: new Map() });

type PushRoute = Exclude<OciRoute, { at: 'base' | 'tags' }>;

export async function answerPush(route: PushRoute, asked: Asked, images: Repositories, uploads: Uploads): Promise<Answer> {
  if (route.at === 'uploads' && asked.method === 'POST') return startUpload(route.name, asked, images, uploads);
  if (route.at === 'manifests' && asked.method === 'PUT') return putManifest(route.name, route.reference, asked, images);
  if (route.at !== 'upload') return ociError('UNSUPPORTED', 'The operation is unsupported.');
  const session = uploads.sessions.get(route.id);
  // Each answer gives a new address; an older one is as unknown as none.
  if (session?.name !== route.name || asked.query.get('_state') !== String(session.size))
    return ociError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  switch (asked.method) {
    case 'GET':
      return progress(204, session, asked);
    case 'PATCH':
      return continueUpload(session, asked, uploads);
    case 'PUT':
      return finishUpload(session, asked, images, uploads);
    case 'DELETE':
      uploads.sessions.delete(session.id);
      await rm(session.path, { force: true });
      return empty(204, API_VERSION);
    default:
      return ociError('UNSUPPORTED', 'The operation is unsupported.');
  }
}

/** A mount needs both `mount` and `from`; when it does not work out an ordinary session is opened, as distribution does. */
async function startUpload(name: string, asked: Asked, images: Repositories, uploads: Uploads): Promise<Answer> {
  const [mount, from] = [asked.query.get('mount'), asked.query.get('from')];
  const content = mount !== null && from !== null ? images.blob(from, mount) : undefined;
  if (mount !== null && content !== undefined) {
    images.addBlob(name, mount, content);
    return created(`/v2/${name}/blobs/${mount}`, mount, asked);
  }
  const id = randomUUID();
  const session = { id, name, path: join(await uploads.folder(), `upload-${id}`), size: 0 };
  uploads.sessions.set(id, session);
  return progress(202, session, asked);
}

const created = (path: string, digest: string, { base }: Asked): Answer =>
  empty(201, { ...API_VERSION, location: base + path, 'docker-content-digest': digest });

/** `Range: 0-0` also stands for nothing yet. */
const progress = (status: number, { id, name, size }: Session, { base }: Asked): Answer =>
  empty(status, {
    ...API_VERSION,
    location: `${base}/v2/${name}/blobs/uploads/${id}?_state=${size}`,
    range: `0-${Math.max(size - 1, 0)}`,
    'docker-upload-uuid': id,
  });

/** Appends the body; a body that breaks off leaves the session as it was. */
async function append(session: Session, { body }: Asked, uploads: Uploads): Promise<Session> {
  try {
    await pipeline(body, createWriteStream(session.path, { flags: 'a' }));
  } catch (error) {
    await truncate(session.path, session.size).catch(() => undefined);
    throw error;
  }
  const grown = { ...session, size: (await stat(session.path)).size };
  uploads.sessions.set(session.id, grown);
  return grown;
}

async function continueUpload(session: Session, asked: Asked, uploads: Uploads): Promise<Answer> {
  const range = asked.headers['content-range'];
  if (range !== undefined && Number(/^(\d+)-\d+$/.exec(range)?.[1] ?? Number.NaN) !== session.size) return ociError('RANGE_INVALID', 'invalid content range');
  return progress(202, await append(session, asked, uploads), asked);
}

async function finishUpload(session: Session, asked: Asked, images: Repositories, uploads: Uploads): Promise<Answer> {
  const digest = readDigest(asked.query.get('digest') ?? '');
  if (digest === undefined) return ociError('DIGEST_INVALID', 'a digest is needed to finish an upload');
  const whole = await append(session, asked, uploads);
  const hash = createHash(digest.algorithm);
  await pipeline(createReadStream(whole.path), hash);
  uploads.sessions.delete(session.id);
  const found = hash.digest('hex');
  if (found !== digest.hex) {
    await rm(whole.path, { force: true });
    return ociError('DIGEST_INVALID', 'provided digest did not match uploaded content', [
      { wanted: formatDigest(digest), found: `${digest.algorithm}:${found}` },
    ]);
  }
  const path = join(await uploads.folder(), `${digest.algorithm}-${digest.hex}`);
  await rename(whole.path, path);
  images.addBlob(session.name, formatDigest(digest), fileContent(path, whole.size));
  return created(`/v2/${session.name}/blobs/${formatDigest(digest)}`, formatDigest(digest), asked);
}

function readDigest(text: string): Digest | undefined {
  try {
    return parseDigest(text);
  } catch (error) {
    if (isShrinkwrapError(error)) return undefined;
    throw error;
  }
}

async function putManifest(name: string, reference: string, asked: Asked, images: Repositories): Promise<Answer> {
  const mediaType = asked.headers['content-type'];
  const bytes = await readBody(asked.body, MANIFEST_LIMIT);
  if (bytes === undefined) return ociError('SIZE_INVALID', 'manifest too large');
  if (mediaType === undefined) return ociError('MANIFEST_INVALID', 'a manifest needs its Content-Type');
  const parts = partsOf(bytes, mediaType);
  if (parts === undefined) return ociError('MANIFEST_INVALID', 'manifest invalid');
  const missing = [
    ...parts.blobs.filter((part) => images.blob(name, part) === undefined),
    ...parts.manifests.filter((part) => images.manifest(name, part, undefined) === undefined),
  ];
  if (missing.length > 0)
    return ociError(
      'MANIFEST_BLOB_UNKNOWN',
      'blob unknown to registry',
      missing.map((part) => ({ digest: part })),
    );
  const byDigest = readDigest(reference);
  const digest = `${byDigest?.algorithm ?? 'sha256'}:${createHash(byDigest?.algorithm ?? 'sha256')
    .update(bytes)
    .digest('hex')}`;
  if (byDigest !== undefined && digest !== reference)
    return ociError('DIGEST_INVALID', 'provided digest did not match uploaded content', [{ wanted: reference, found: digest }]);
  if (byDigest === undefined && !TAG.test(reference)) return ociError('MANIFEST_INVALID', 'neither a tag nor a digest', [{ reference }]);
  images.addManifest(name, { mediaType, digest, content: bytesContent(bytes) }, byDigest === undefined ? reference : undefined);
  return created(`/v2/${name}/manifests/${reference}`, digest, asked);
}

/** What a manifest or index refers to; `undefined` for what is neither, or both (facts/oci.md 1.2). */
function partsOf(bytes: Buffer, mediaType: string): { blobs: string[]; manifests: string[] } | undefined {
  const value = parseObject(bytes);
  if (value === undefined || (value['mediaType'] !== undefined && value['mediaType'] !== mediaType)) return undefined;
  const { config, layers, manifests } = { config: value['config'], layers: value['layers'], manifests: value['manifests'] };
  const digests = (list: readonly unknown[]): string[] => list.flatMap((item) => (isObject(item) ? (optionalString(item, 'digest') ?? []) : []));
  if (Array.isArray(manifests)) return config === undefined && layers === undefined ? { blobs: [], manifests: digests(manifests) } : undefined;
  return isObject(config) && Array.isArray(layers) ? { blobs: digests([config, ...(layers as unknown[])]), manifests: [] } : undefined;
}
