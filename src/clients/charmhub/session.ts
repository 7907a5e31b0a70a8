/** One question to Charmhub: JSON in, JSON out, refusals as errors (facts/charmhub-juju.md 1.3). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Http, HttpRequest } from '../http.ts';
import { parseJson, sendForBytes } from '../read-body.ts';
import { redactUrl } from '../redact-url.ts';
import { type JsonReader, jsonReader } from '../json-reader.ts';
import type { CharmhubAddresses } from './addresses.ts';

export interface CharmhubSession {
  readonly http: Http;
  readonly addresses: CharmhubAddresses;
  readonly signal: AbortSignal;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** The document, or what Charmhub refused it for; `status` 404 without a list of errors is a refusal with an empty code. */
export type Reply = { readonly document: JsonReader } | { readonly refused: Refusal; readonly status: number };

const LIMIT = 64 * 1024 * 1024;

export async function askCharmhub({ http, addresses, signal }: CharmhubSession, path: string, post?: unknown): Promise<Reply> {
  const url = addresses.endpoint(path);
  const headers = { accept: 'application/json', ...(post !== undefined && { 'content-type': 'application/json' }) };
  const request: HttpRequest = { headers, signal, ...(post !== undefined && { method: 'POST', body: JSON.stringify(post) }) };
  const { response, bytes } = await sendForBytes(http, url, request, LIMIT);
  const shown = redactUrl(url);
  if (response.status === 200) {
    const document = jsonReader(parseJson(url, bytes), shown);
    const refused = firstRefusal(document);
    return refused === undefined ? { document } : { refused, status: 200 };
  }
  const text = bytes.toString('utf8');
  const refused = text.trimStart().startsWith('{') ? firstRefusal(jsonReader(parseJson(url, bytes), shown)) : undefined;
  if (response.status === 404 || refused !== undefined) return { refused: refused ?? { code: '', message: '' }, status: response.status };
  const detail = oneLine(text);
  if (response.status === 401 || response.status === 403) throw new ShrinkwrapError('NETWORK_DENIED', { url: shown, status: response.status, detail });
  throw new ShrinkwrapError('NETWORK_STATUS', { url: shown, status: response.status, tries: 1, detail });
}

/** An answer may carry results beside errors; only one without results is refused as a whole. */
function firstRefusal(document: JsonReader): Refusal | undefined {
  const list = document.at('error-list');
  const hasResults = ['results', 'channel-map', 'default-release'].some((name) => !document.at(name).isAbsent());
  const [first] = list.isAbsent() || hasResults ? [] : list.list();
  return first === undefined ? undefined : decodeRefusal(first);
}

export function decodeRefusal(error: JsonReader): Refusal {
  return { code: error.at('code').text(), message: error.at('message').isAbsent() ? '' : oneLine(error.at('message').text()) };
}

// Control characters out of an answer must not reach a terminal.
// oxlint-disable-next-line no-control-regex
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
    .slice(0, 200);

/** A refusal that has no better meaning. */
export const refusalError = ({ addresses }: CharmhubSession, path: string, wanted: string, { code, message }: Refusal): ShrinkwrapError =>
  new ShrinkwrapError('UPSTREAM_ANSWER', { url: redactUrl(addresses.endpoint(path)), path: 'error-list', wanted, found: `${code}: ${message}` });
