/** GET of a snap. Always the original address: the one it redirects to carries a token that expires (facts/snap-store.md 1.6). */
import type { Arch } from '../../domain/arch.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { readBytes } from '../read-body.ts';
import { redactUrl } from '../redact-url.ts';
import { answerFailure } from './answer-failure.ts';
import { authorization, joinSignals, type StoreSession, ubuntuHeaders } from './session.ts';

const ERROR_LIMIT = 64 * 1024;

export interface DownloadRequest {
  /** Bytes that we have already. */
  readonly offset?: number;
  readonly signal?: AbortSignal;
  readonly arch?: Arch;
}

export async function openDownload(session: StoreSession, source: string, { offset = 0, signal, arch }: DownloadRequest): Promise<HttpResponse> {
  const { url, isStore } = session.addresses.fromSource(source);
  const headers = { ...ubuntuHeaders(arch, session), ...(isStore && authorization(session)), ...(offset > 0 && { range: `bytes=${offset}-` }) };
  const response = await session.http.send(url, { headers, ...joinSignals(session, signal) });
  // Whether a part fits what is there already is the caller's to judge, who can start over.
  if (response.status === 200 || (offset > 0 && (response.status === 206 || response.status === 416))) return response;
  const body = await readBytes(response, ERROR_LIMIT).catch(() => Buffer.alloc(0));
  if (response.status !== 404) throw answerFailure(response, body);
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
    what: 'snap file',
    name: redactUrl(source),
    where: `the snap store (${session.addresses.host})`,
    exists: [],
  });
}
