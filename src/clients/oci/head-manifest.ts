/** The digest of what a tag names, without its bytes: a HEAD counts against no quota (facts/oci.md 1.8). */
import { createHash } from 'node:crypto';
import { parseDigest, type Digest } from '../../domain/digest.ts';
import { discardBody, readBytes } from '../read-body.ts';
import type { Endpoint } from './endpoint.ts';
import { ACCEPT } from './media-types.ts';
import type { Session } from './session.ts';

/** Registries take manifests of 4 MiB. */
const LIMIT_BYTES = 4 * 1024 * 1024;
const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** The text says why there is none. A registry that does not tell the digest is asked for the bytes. */
export async function headManifest(
  session: Session,
  endpoint: Endpoint,
  reference: string,
  signal: AbortSignal,
): Promise<Digest | { readonly absent: string }> {
  const question = { endpoint, kind: 'manifests', reference, headers: { accept: ACCEPT }, signal } as const;
  const head = await session({ ...question, method: 'HEAD' });
  if ('absent' in head) return head;
  await discardBody(head.response.body);
  const told = head.response.headers['docker-content-digest'] ?? '';
  if (SHA256.test(told)) return parseDigest(told);
  const whole = await session(question);
  if ('absent' in whole) return whole;
  return {
    algorithm: 'sha256',
    hex: createHash('sha256')
      .update(await readBytes(whole.response, LIMIT_BYTES))
      .digest('hex'),
  };
}
