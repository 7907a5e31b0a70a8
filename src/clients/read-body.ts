/** Small answers into memory, never more than a limit; big ones go through fetch/download.ts. */
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { ShrinkwrapError, isShrinkwrapError } from '../domain/errors.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { connectionFailure } from './connection-failure.ts';
import { redactUrl } from './redact-url.ts';

/** The decoded body. More than `limitBytes` is UPSTREAM_ANSWER, a body that breaks off NETWORK_UNREACHABLE. */
export async function readBytes(response: HttpResponse, limitBytes: number): Promise<Buffer> {
  const decoder = decoderOf(response);
  const chunks: Buffer[] = [];
  let refused: ShrinkwrapError | undefined;
  const collect = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    let total = 0;
    for await (const chunk of bytes) {
      total += chunk.length;
      if (total > limitBytes) throw (refused = answerError(response, `at most ${limitBytes} bytes`, 'more'));
      chunks.push(Buffer.from(chunk));
    }
  };
  try {
    await (decoder === undefined ? pipeline(response.body, collect) : pipeline(response.body, decoder, collect));
  } catch (error) {
    // The pipeline may report the stream that it tore down rather than the reason for it.
    throw refused ?? bodyFailure(response, error);
  }
  return Buffer.concat(chunks);
}

/** The body as JSON; what it holds is for the caller's decoder. */
export async function readJson(response: HttpResponse, limitBytes: number): Promise<unknown> {
  return parseJson(response.url, await readBytes(response, limitBytes));
}

export function parseJson(url: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    const found = JSON.stringify(bytes.subarray(0, 60).toString('utf8'));
    throw new ShrinkwrapError(
      'UPSTREAM_ANSWER',
      { url: redactUrl(url), path: '', wanted: 'JSON', found: bytes.length === 0 ? 'nothing' : found },
      { cause: error },
    );
  }
}

/** Sends and reads a small document; a body that breaks off is asked for again, which `send` alone cannot do (facts/charmhub-juju.md 1.3). */
export async function sendForBytes(http: Http, url: string, request: HttpRequest, limitBytes: number): Promise<{ response: HttpResponse; bytes: Buffer }> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await http.send(url, request);
    try {
      return { response, bytes: await readBytes(response, limitBytes) };
    } catch (error) {
      const broken = isShrinkwrapError(error) && error.code === 'NETWORK_UNREACHABLE';
      if (!broken || attempt === BODY_TRIES) throw error;
    }
  }
}

const BODY_TRIES = 3;

/** Reads what is left, so that the connection can serve the next request; an endless body is cut. */
export async function discardBody(body: Readable): Promise<void> {
  let total = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      total += chunk.length;
      if (total > DISCARD_LIMIT) break;
    }
  } catch {
    // Nobody wanted these bytes.
  }
}

const DISCARD_LIMIT = 128 * 1024;

/** The first words of what a failing server says, for people: printable only, never an error. */
export async function readStart(body: Readable, limit: number): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length > limit) break;
    }
  } catch {
    // The status alone will do.
  }
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, limit);
}

function decoderOf(response: HttpResponse): Transform | undefined {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return undefined;
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  response.body.destroy();
  throw answerError(response, 'content-encoding identity, gzip or br', encoding);
}

const answerError = ({ url }: HttpResponse, wanted: string, found: string): ShrinkwrapError =>
  new ShrinkwrapError('UPSTREAM_ANSWER', { url: redactUrl(url), path: '', wanted, found });

function bodyFailure(response: HttpResponse, error: unknown): unknown {
  if (isShrinkwrapError(error) || (error instanceof Error && error.name === 'AbortError')) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(?:Z_|ERR__ERROR_|ERR_BROTLI|ERR_PADDING)/.test(code) && code !== 'Z_BUF_ERROR') return answerError(response, 'a body in its content-encoding', code);
  const { reason } = connectionFailure(error);
  return new ShrinkwrapError(
    'NETWORK_UNREACHABLE',
    { host: new URL(response.url).host, tries: 1, reason: `the answer broke off: ${reason}` },
    { cause: error },
  );
}
