/** Statuses that are no answer, with what the store says about them (facts/snap-store.md 1.3, 1.5). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { redactUrl } from '../redact-url.ts';

const DETAIL_LENGTH = 200;

/** 401, 402 and 403 are refusals; the rest is unexpected. */
export function answerFailure({ status, url, headers }: Pick<HttpResponse, 'status' | 'url' | 'headers'>, body: Buffer): ShrinkwrapError {
  const address = redactUrl(url);
  const oops = headers['x-oops-id'] === undefined ? '' : ` [${headers['x-oops-id']}]`;
  const detail = oneLine(describeErrors(body) + oops);
  if (status === 401 || status === 402 || status === 403) return new ShrinkwrapError('NETWORK_DENIED', { url: address, status, detail });
  return new ShrinkwrapError('NETWORK_STATUS', { url: address, status, tries: 1, detail });
}

/** `{"error-list":[{code,message}]}`, or the older `{title,detail}`; the empty text for anything else. */
export function describeErrors(body: Buffer): string {
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch {
    return '';
  }
  const list = property(document, 'error-list');
  const errors: readonly unknown[] = Array.isArray(list) ? list : [];
  const messages = errors.map((error) => [property(error, 'code'), property(error, 'message')].filter((part) => typeof part === 'string').join(': '));
  return oneLine(
    (messages.length > 0 ? messages : [property(document, 'title'), property(document, 'detail')].filter((part) => typeof part === 'string')).join('; '),
  );
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

// Control characters out of an answer must not reach a terminal.
// oxlint-disable-next-line no-control-regex
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
    .slice(0, DETAIL_LENGTH);
