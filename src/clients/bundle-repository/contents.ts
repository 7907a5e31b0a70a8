/** GitHub's contents API. Answers are kept for the run: without login there are sixty requests an hour. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import type { BundleRepository } from '../bundle-repository.ts';
import type { Http, HttpResponse } from '../http.ts';
import { parseJson, sendForBytes } from '../read-body.ts';
import { redactUrl } from '../redact-url.ts';
import { type JsonReader, jsonReader } from '../json-reader.ts';
import { isInside } from './inside.ts';

const LIMIT = 64 * 1024 * 1024;
const JSON_TYPE = 'application/vnd.github+json';
const RAW_TYPE = 'application/vnd.github.raw+json';

export interface ContentsOptions {
  readonly http: Http;
  readonly repository: { readonly root: string; readonly owner: string; readonly repo: string };
  readonly signal?: AbortSignal;
}

export function createContents({ http, repository, signal }: ContentsOptions): BundleRepository {
  const asked = new Map<string, Promise<unknown>>();

  const get = async (url: string, accept: string): Promise<Buffer | undefined> => {
    const headers = { accept, 'x-github-api-version': '2022-11-28' };
    // 429 says when to come back, which may be in an hour: better told than waited for.
    const expect = (status: number): boolean => status < 500 && status !== 408;
    const { response, bytes } = await sendForBytes(http, url, { headers, expect, ...(signal !== undefined && { signal }) }, LIMIT);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw refusal(response, bytes);
    return bytes;
  };

  const ask = async (url: string): Promise<unknown> => {
    const bytes = await get(url, JSON_TYPE);
    return bytes === undefined ? undefined : parseJson(url, bytes);
  };

  /** One question an address; a failed one may be asked again. A folder is a list, a file an object. */
  const contents = async (path: string, ref: string | undefined, kind: 'folder' | 'file'): Promise<JsonReader | undefined> => {
    if (!isInside(path)) return undefined;
    const url = addressOf(repository, path, ref);
    const answer = asked.get(url) ?? ask(url);
    asked.set(url, answer);
    answer.catch(() => asked.delete(url));
    const value = await answer;
    return value === undefined || Array.isArray(value) !== (kind === 'folder') ? undefined : jsonReader(value, redactUrl(url));
  };

  return {
    async list(path, ref) {
      const found = await contents(path, ref, 'folder');
      return found
        ?.list()
        .map((entry) => entry.at('name').text())
        .toSorted(byCodeUnit);
    },
    async read(path, ref) {
      const found = await contents(path, ref, 'file');
      if (found === undefined) return undefined;
      const bytes = decodeFile(found) ?? (await get(addressOf(repository, path, ref), RAW_TYPE));
      const size = found.at('size').integer(0);
      if (bytes !== undefined && bytes.length !== size) found.at('content').refuse(`${size} bytes`, `${bytes.length} bytes`);
      return bytes;
    },
  };
}

function addressOf({ root, owner, repo }: ContentsOptions['repository'], path: string, ref: string | undefined): string {
  const parts = ['repos', owner, repo, 'contents', ...(path === '' ? [] : path.split('/'))].map(encodeURIComponent);
  return `${root.replace(/\/+$/, '')}/${parts.join('/')}${ref === undefined ? '' : `?ref=${encodeURIComponent(ref)}`}`;
}

/** Files over 1 MB come without their content: `encoding` is then "none". */
function decodeFile(file: JsonReader): Buffer | undefined {
  file.at('type').textOf('"file"', (type) => type === 'file');
  const encoding = file.at('encoding').isAbsent() ? 'none' : file.at('encoding').text();
  if (encoding === 'none') return undefined;
  file.at('encoding').textOf('"base64" or "none"', (text) => text === 'base64');
  const text = file.at('content').textOf('base64', (content) => /^[A-Za-z0-9+/=\s]*$/.test(content));
  return text === '' && file.at('size').integer(0) > 0 ? undefined : Buffer.from(text, 'base64');
}

function refusal(response: HttpResponse, body: Buffer): ShrinkwrapError {
  const { status, headers } = response;
  const url = redactUrl(response.url);
  const detail = body
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
  const spent = headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined || /rate limit/i.test(detail);
  if (status === 429 || (status === 403 && spent)) {
    return new ShrinkwrapError('NETWORK_DENIED', {
      url,
      status,
      detail: `GitHub's limit of requests without login is spent${until(headers)}; --bundle-repo DIR reads a checkout instead`,
    });
  }
  if (status === 401 || status === 403) return new ShrinkwrapError('NETWORK_DENIED', { url, status, detail });
  return new ShrinkwrapError('NETWORK_STATUS', { url, status, tries: 1, detail });
}

function until(headers: HttpResponse['headers']): string {
  const reset = headers['x-ratelimit-reset'] ?? '';
  if (/^[0-9]{1,11}$/.test(reset)) return ` until ${new Date(Number(reset) * 1000).toISOString()}`;
  const seconds = headers['retry-after'] ?? '';
  return /^[0-9]+$/.test(seconds) ? ` for ${seconds} seconds` : '';
}
