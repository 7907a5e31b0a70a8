/** The snap store (facts/snap-store.md 1): refresh, info, assertions, downloads, and the little that snapd asks for besides. */
import { DEFAULT_PROVENANCE } from '../../assertion/assertion.ts';
import { encodeStream } from '../../assertion/encode-stream.ts';
import { type Answer, type Asked, type Handler, bytesContent, download, json, readBody } from '../exchange.ts';
import { parseObject } from '../json.ts';
import type { SnapCatalogue } from './catalogue.ts';
import { answerInfo } from './info.ts';
import { answerRefresh, errorList } from './refresh.ts';

export const createSnapStore =
  (catalogue: SnapCatalogue): Handler =>
  (asked) => {
    const { method, segments } = asked;
    const [root, second, third, fourth = ''] = segments;
    if (root === 'api' && second === 'v1' && third === 'snaps') return method === 'GET' ? answerOld(segments, catalogue) : answerDevice(method, segments);
    if (root !== 'v2') return undefined;
    if (method === 'POST' && second === 'snaps' && third === 'refresh' && segments.length === 3) return answerRefresh(asked, catalogue);
    if (method === 'GET' && second === 'snaps' && third === 'info' && segments.length === 4) return answerInfo(fourth, asked, catalogue);
    if (method === 'GET' && second === 'snaps' && third === 'categories' && segments.length === 3) return json(200, { categories: [] });
    if (method === 'POST' && second === 'cohorts' && segments.length === 2) return answerCohorts(asked);
    if (method === 'GET' && second === 'assertions' && segments.length >= 3) return answerAssertion(asked, catalogue);
    return undefined;
  };

function answerAssertion({ segments, query }: Asked, { assertions }: SnapCatalogue): Answer {
  const [, , type = '', ...key] = segments;
  const limit = query.get('max-format');
  const named = key.at(-1) === DEFAULT_PROVENANCE ? key.slice(0, -1) : key;
  const found = assertions.find(type, named, limit !== null && /^\d+$/.test(limit) ? Number(limit) : undefined);
  // The type of a 404 must be exactly application/json, else snapd reports a broken server.
  if (found === undefined) return errorList(404, 'not-found', `not found: no assertion with type "${type}" and key ${JSON.stringify(named)}`);
  return { status: 200, headers: { 'content-type': 'application/x.ubuntu.assertion' }, body: bytesContent(encodeStream([found])) };
}

/** What lives under the old address: downloads, and the lists that snapd keeps for completion. */
function answerOld([, , , verb, file = '', ...more]: readonly string[], catalogue: SnapCatalogue): Answer | undefined {
  const hal = { 'content-type': 'application/hal+json' };
  if (verb === 'download' && more.length === 0) return downloadSnap(file, catalogue);
  if (verb === 'sections') return json(200, { _embedded: { 'clickindex:sections': [] } }, hal);
  if (verb !== 'names') return undefined;
  const names = catalogue.names.flatMap((name) => catalogue.releases(name).slice(0, 1));
  const packages = names.map(({ name, title, summary, version }) => ({ package_name: name, title, summary, version, aliases: null, apps: [] }));
  return json(200, { _embedded: { 'clickindex:package': packages } }, hal);
}

function downloadSnap(file: string, catalogue: SnapCatalogue): Answer | undefined {
  const [, id = '', revision = ''] = /^(.+)_(\d+)\.snap$/.exec(file) ?? [];
  const found = catalogue.releases(catalogue.nameOfId(id) ?? '').find((release) => release.revision === Number(revision));
  return found === undefined ? undefined : download(found.content, 'application/octet-stream', found.sha3_384);
}

/** A device that has a serial wants a session before anything else, and gives up without one (store/auth.go of snapd); no answer here depends on it. */
function answerDevice(method: string, [, , , group, verb, ...more]: readonly string[]): Answer | undefined {
  if (method !== 'POST' || group !== 'auth' || more.length > 0) return undefined;
  if (verb === 'nonces') return json(200, { nonce: 'any-device' });
  return verb === 'sessions' ? json(200, { macaroon: 'any-device' }) : undefined;
}

/** A cohort freezes the revisions of several devices; here nothing moves, so any key will do. */
async function answerCohorts(asked: Asked): Promise<Answer> {
  const value = parseObject(await readBody(asked.body, 64 * 1024));
  if (value === undefined) return errorList(400, 'api-error', 'The body is not a JSON object.');
  const snaps = Array.isArray(value['snaps']) ? value['snaps'].filter((name): name is string => typeof name === 'string') : [];
  return json(200, { 'cohort-keys': Object.fromEntries(snaps.map((name) => [name, Buffer.from(`1 ${name}`).toString('base64')])) });
}
