/** What the config of an image says of itself; read where nothing else names the platform (facts/oci.md 4.5). */
import { createHash } from 'node:crypto';
import type { Platform } from '../../domain/arch.ts';
import type { Descriptor } from '../../domain/artifact.ts';
import { formatDigest } from '../../domain/digest.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { readBytes } from '../read-body.ts';
import type { Reader } from './fetch-document.ts';

export interface ImageConfig {
  readonly bytes: Buffer;
  readonly platform?: Platform;
  /** Uncompressed layers, by its own count. */
  readonly layers?: number;
}

/** Configs have some kilobytes; what is longer is left to the download. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/** `undefined` when it cannot be had now: a plan warns by it and needs it for nothing, and the download tells what is wrong. */
export async function readConfig({ session, endpoint, signal, stored }: Reader, blob: Descriptor): Promise<ImageConfig | undefined> {
  const { digest, size } = blob;
  if (size > LIMIT_BYTES) return undefined;
  const known = await stored?.(blob);
  if (known !== undefined) return decodeConfig(known);
  try {
    const answer = await session({ endpoint, kind: 'blobs', reference: formatDigest(digest), headers: {}, signal, tries: 1 });
    if ('absent' in answer) return undefined;
    const bytes = await readBytes(answer.response, size);
    return createHash('sha256').update(bytes).digest('hex') === digest.hex ? decodeConfig(bytes) : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!isShrinkwrapError(error)) throw error;
    return undefined;
  }
}

export function decodeConfig(bytes: Buffer): ImageConfig {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { bytes };
  }
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((name) => field(document, name));
  const diffIds = field(field(document, 'rootfs'), 'diff_ids');
  const named = typeof os === 'string' && typeof architecture === 'string';
  return {
    bytes,
    ...(named && { platform: { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) } }),
    ...(Array.isArray(diffIds) && { layers: diffIds.length }),
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
