/** Opens a blob for reading, from an offset when the registry can: what comes is either from that byte on (206) or the whole (200). */
import { type Digest, formatDigest } from '../../domain/digest.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { Http, HttpResponse } from '../http.ts';
import { redactUrl } from '../redact-url.ts';
import type { Endpoint } from './endpoint.ts';
import type { Answer, Session } from './session.ts';

export interface OpenBlobOptions {
  readonly offset: number;
  readonly signal: AbortSignal;
  /** Addresses of a foreign layer. */
  readonly urls?: readonly string[];
}

export interface BlobSource {
  readonly session: Session;
  /** For foreign addresses: no login of the registry goes there. */
  readonly http: Http;
  readonly endpoint: Endpoint;
}

type Ask = (headers: Readonly<Record<string, string>>) => Promise<HttpResponse>;

export async function openBlob({ session, http, endpoint }: BlobSource, digest: Digest, { offset, signal, urls = [] }: OpenBlobOptions): Promise<HttpResponse> {
  const reference = formatDigest(digest);
  const answerTo = (headers: Readonly<Record<string, string>>): Promise<Answer> => session({ endpoint, kind: 'blobs', reference, headers, signal });
  const absent = (): ShrinkwrapError =>
    new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'blob', name: reference, where: endpoint.repository, exists: [...urls].map(redactUrl) });
  const own: Ask = async (headers) => {
    const answer = await answerTo(headers);
    if ('absent' in answer) throw absent();
    return answer.response;
  };
  try {
    return await openAt(own, endpoint.url('blobs', reference), offset);
  } catch (error) {
    if (urls.length === 0 || !isShrinkwrapError(error) || error.code !== 'UPSTREAM_NOT_FOUND') throw error;
  }
  let last: unknown = absent();
  for (const url of urls) {
    try {
      return await openAt(foreign(http, url, signal, absent), url, offset);
    } catch (error) {
      signal.throwIfAborted();
      if (!isShrinkwrapError(error)) throw error;
      last = error;
    }
  }
  throw last;
}

/** The addresses stand in the manifest: whoever pushed the image chose them. */
const foreign =
  (http: Http, url: string, signal: AbortSignal, absent: () => ShrinkwrapError): Ask =>
  async (headers) => {
    const response = await http.send(url, { headers: { ...headers, 'accept-encoding': 'identity' }, signal });
    if (response.status < 300 || response.status === 416) return response;
    response.body.destroy();
    throw absent();
  };

async function openAt(ask: Ask, url: string, offset: number): Promise<HttpResponse> {
  if (offset > 0) {
    const part = await ask({ range: `bytes=${offset}-` });
    if (part.status === 200 || (part.status === 206 && startsAt(part, offset))) return part;
    // Another range than the one asked for, or none at all (416): only the whole is sure.
    part.body.destroy();
  }
  const whole = await ask({});
  if (whole.status === 200) return whole;
  whole.body.destroy();
  throw new ShrinkwrapError('UPSTREAM_ANSWER', { url: redactUrl(url), path: 'status', wanted: '200', found: String(whole.status) });
}

const startsAt = ({ headers }: HttpResponse, offset: number): boolean => /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] === String(offset);
