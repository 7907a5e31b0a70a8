/** What a registry says when it refuses: `{"errors":[{code,message}]}`, or whatever a proxy put there (facts/oci.md 1.6). */
import type { HttpResponse } from '../http.ts';
import { readBytes } from '../read-body.ts';

const LIMIT_BYTES = 64 * 1024;
const DETAIL_LENGTH = 200;

export interface Refusal {
  /** `DENIED`, `MANIFEST_UNKNOWN`; empty when the answer is not a registry's. */
  readonly codes: readonly string[];
  /** For people; never more than a line. */
  readonly detail: string;
}

/** Reads the body to its end, so that the connection can be used again; never throws. */
export async function readRefusal(response: HttpResponse): Promise<Refusal> {
  try {
    return decodeRefusal((await readBytes(response, LIMIT_BYTES)).toString('utf8'));
  } catch {
    response.body.destroy();
    return { codes: [], detail: '' };
  }
}

export function decodeRefusal(text: string): Refusal {
  const errors = listOfErrors(text);
  if (errors.length === 0) return { codes: [], detail: oneLine(text.trimStart().startsWith('<') ? 'a web page, not the answer of a registry' : text) };
  return {
    codes: errors.map(({ code }) => code),
    detail: oneLine(errors.map(({ code, message }) => (message === '' ? code : `${code}: ${message}`)).join('; ')),
  };
}

function listOfErrors(text: string): { code: string; message: string }[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  const errors = property(document, 'errors');
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) => {
    const code = property(error, 'code');
    const message = property(error, 'message');
    return typeof code === 'string' ? [{ code, message: typeof message === 'string' ? message : '' }] : [];
  });
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

// Control characters out of an answer must not reach a terminal.
// oxlint-disable-next-line no-control-regex
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
    .slice(0, DETAIL_LENGTH);
