/** The archive against the plan that its own contents lead to: every file, every digest, every chain. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Artifact, ArtifactKind, ArtifactOf } from '../../domain/artifact.ts';
import { formatDigest } from '../../domain/digest.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { imageBlobs, namedBy } from '../../domain/image-blobs.ts';
import { dockerDocument } from '../../domain/image-documents.ts';
import { loadedName, parseImageRef } from '../../domain/image-ref.ts';
import { layoutBlobs, layoutPath, liesInLayout } from '../../domain/layout.ts';
import type { Plan } from '../../domain/plan.ts';
import { readImageFile } from '../../store/image-archive.ts';
import type { Settings } from '../settings.ts';
import { chainOptionsOf } from '../trust.ts';
import { verifySnaps } from '../verify-snaps.ts';
import { ok, type Check } from './check.ts';

export interface CompareOptions {
  readonly site: string;
  readonly plan: Pick<Plan, 'artifacts' | 'files'>;
  readonly settings: Pick<Settings, 'snapTrust' | 'maxFormat' | 'now'>;
  readonly signal: AbortSignal;
}

type Judge<K extends ArtifactKind> = (artifact: ArtifactOf<K>, options: CompareOptions) => Promise<Check>;

const JUDGES: { readonly [K in ArtifactKind]: Judge<K> } = { charm: judgeFile, resource: judgeResource, snap: judgeSnap, image: judgeImage };

const judge = <K extends ArtifactKind>(artifact: ArtifactOf<K>, options: CompareOptions): Promise<Check> => {
  const kind: K = artifact.kind;
  return JUDGES[kind](artifact, options);
};

export async function compareWithPlan(options: CompareOptions): Promise<Check[]> {
  const checks: Check[] = [];
  for (const artifact of options.plan.artifacts) {
    options.signal.throwIfAborted();
    checks.push(await attempt(artifact.path, () => judge(artifact, options)));
  }
  for (const { digest, size } of layoutBlobs(options.plan)) {
    const path = layoutPath(digest);
    checks.push(await attempt(path, () => sameDigest(path, join(options.site, path), size, digest.algorithm, digest.hex)));
  }
  for (const { path, text, encoding } of options.plan.files) {
    checks.push(await sameBytes(options.site, path, encoding === 'base64' ? Buffer.from(text, 'base64') : Buffer.from(text)));
  }
  return checks;
}

export async function sameBytes(site: string, path: string, expected: Buffer): Promise<Check> {
  const found = await readFile(join(site, path)).catch(() => undefined);
  if (found === undefined) return { path, status: 'missing' };
  return found.equals(expected) ? ok(path) : { path, status: 'altered', expected: sha256(expected), found: sha256(found) };
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function attempt(path: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { path, status: 'missing' };
    if (isShrinkwrapError(error)) return { path, status: error.code === 'INPUT_ABSENT' ? 'missing' : 'altered', error };
    throw error;
  }
}

async function judgeFile({ path, size, digests }: Artifact, { site }: CompareOptions): Promise<Check> {
  const file = join(site, path);
  for (const { algorithm, hex } of digests) {
    const check = await sameDigest(path, file, size, algorithm, hex);
    if (check.status !== 'ok') return check;
  }
  return ok(path);
}

export async function sameDigest(path: string, file: string, size: number, algorithm: string, hex: string): Promise<Check> {
  const { size: found } = await stat(file);
  if (found !== size) return { path, status: 'altered', expected: `${size} bytes`, found: `${found} bytes` };
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const digest = hash.digest('hex');
  return digest === hex ? ok(path) : { path, status: 'altered', expected: `${algorithm}:${hex}`, found: `${algorithm}:${digest}` };
}

async function judgeSnap(snap: ArtifactOf<'snap'>, options: CompareOptions): Promise<Check> {
  const check = await judgeFile(snap, options);
  if (check.status !== 'ok') return check;
  const stream = await readFile(join(options.site, snap.assertPath)).catch(() => undefined);
  if (stream === undefined) return { path: snap.assertPath, status: 'missing' };
  verifySnaps([snap], new Map([[snap.assertPath, stream]]), chainOptionsOf(options.settings));
  return check;
}

/** One made of an image is that image under another name. */
async function judgeResource(resource: ArtifactOf<'resource'>, options: CompareOptions): Promise<Check> {
  const { path, derived } = resource;
  if (derived?.from !== 'image') return judgeFile(resource, options);
  const image = options.plan.artifacts.find((each): each is ArtifactOf<'image'> => each.kind === 'image' && each.path === derived.image);
  return image === undefined ? { path: derived.image, status: 'missing' } : judgeImageFile({ ...image, path, name: derived.reference }, options);
}

/** In a layout an image is a document; the blobs are judged each once. */
function judgeImage(image: ArtifactOf<'image'>, options: CompareOptions): Promise<Check> {
  const { name, path, manifest } = image;
  if (!liesInLayout(image)) return judgeImageFile(image, options);
  return sameBytes(options.site, path, Buffer.from(dockerDocument(loadedName(parseImageRef(name), manifest.digest), image)));
}

async function judgeImageFile(image: ArtifactOf<'image'>, { site, signal }: CompareOptions): Promise<Check> {
  const { path, name, manifest } = image;
  const { reference, digest, blobs } = await readImageFile(join(site, path), { signal });
  const found = `${reference} ${formatDigest(digest)}`;
  const expected = `${loadedName(parseImageRef(name), manifest.digest)} ${formatDigest(namedBy(image).digest)}`;
  if (found !== expected) return { path, status: 'altered', expected, found };
  const absent = imageBlobs(image).find((blob) => !blobs.has(blob.digest.hex));
  return absent === undefined ? ok(path) : { path, status: 'altered', expected: formatDigest(absent.digest), found: 'no such blob in it' };
}
