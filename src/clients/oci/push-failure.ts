/** An answer to an upload that is none of those wished for, as an error. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { redactUrl } from '../redact-url.ts';
import { readRefusal, type Refusal } from './answer-error.ts';

export interface PushFailure {
  readonly error: ShrinkwrapError;
  readonly status: number;
  readonly codes: Refusal['codes'];
}

/** Reads the body to its end. NETWORK_DENIED for 401 and 403, else NETWORK_STATUS. */
export async function pushFailure(response: HttpResponse, tries: number): Promise<PushFailure> {
  const { status } = response;
  const { codes, detail } = await readRefusal(response);
  const url = redactUrl(response.url);
  const denied = status === 401 || status === 403;
  const error = denied ? new ShrinkwrapError('NETWORK_DENIED', { url, status, detail }) : new ShrinkwrapError('NETWORK_STATUS', { url, status, tries, detail });
  return { error, status, codes };
}

export const refusedLogin = (url: string, detail: string): ShrinkwrapError =>
  new ShrinkwrapError('NETWORK_DENIED', { url: redactUrl(url), status: 401, detail });
