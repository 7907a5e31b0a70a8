/** Opens a blob for reading, from an offset when the registry can: what comes is either from that byte on (206) or the whole (200). */
import { type Digest, formatDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import type { Endpoint } from './endpoint.ts';
import type { Session } from './session.ts';

export async function openBlob(
  session: Session,
  endpoint: Endpoint,
  digest: Digest,
  { offset, signal }: { offset: number; signal: AbortSignal },
): Promise<HttpResponse> {
  const reference = formatDigest(digest);
  const ask = async (headers: Readonly<Record<string, string>>): Promise<HttpResponse> => {
    const answer = await session({ endpoint, kind: 'blobs', reference, headers, signal });
    if ('absent' in answer) throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'blob', name: reference, where: endpoint.repository, exists: [] });
    return answer.response;
  };
  if (offset > 0) {
    const part = await ask({ range: `bytes=${offset}-` });
    if (part.status === 200 || (part.status === 206 && startsAt(part, offset))) return part;
    // Another range than the one asked for, or none at all (416): only the whole is sure.
    part.body.destroy();
  }
  const whole = await ask({});
  if (whole.status === 200) return whole;
  whole.body.destroy();
  throw new ShrinkwrapError('UPSTREAM_ANSWER', {
    url: endpoint.url('blobs', reference).replace(/\?.*$/, ''),
    path: 'status',
    wanted: '200',
    found: String(whole.status),
  });
}

const startsAt = ({ headers }: HttpResponse, offset: number): boolean => /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] === String(offset);
