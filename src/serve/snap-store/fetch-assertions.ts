/** The fetch-assertions action, with which snapd refreshes what it holds before every refresh of snaps (errata 8). */
import { refPath } from '../../assertion/reference.ts';
import { type JsonObject, isObject, optionalString } from '../json.ts';
import type { AssertionIndex } from './assertions.ts';

export function answerFetchAssertions(action: JsonObject, maxFormats: JsonObject, base: string, assertions: AssertionIndex): unknown {
  const wanted = Array.isArray(action['assertions']) ? action['assertions'].filter(isObject) : [];
  const answers = wanted.map((item) => answerOne(item, maxFormats, base, assertions));
  const errors = answers.flatMap(({ error }) => error ?? []);
  return {
    result: 'fetch-assertions',
    key: optionalString(action, 'key') ?? '',
    'assertion-stream-urls': answers.flatMap(({ url }) => url ?? []),
    ...(errors.length > 0 && { 'error-list': errors }),
  };
}

function answerOne(item: JsonObject, maxFormats: JsonObject, base: string, assertions: AssertionIndex): { url?: string; error?: object } {
  const type = optionalString(item, 'type') ?? '';
  const key = Array.isArray(item['primary-key']) ? item['primary-key'].map(String) : [];
  const held = typeof item['if-newer-than'] === 'number' ? item['if-newer-than'] : undefined;
  const limit = typeof maxFormats[type] === 'number' ? maxFormats[type] : undefined;
  const found = assertions.find(type, key, limit);
  if (found !== undefined) {
    const query = limit === undefined ? '' : `?max-format=${limit}`;
    return held !== undefined && found.revision <= held ? {} : { url: `${base}/v2/assertions/${refPath(found)}${query}` };
  }
  // What the device holds and this archive never had is simply not newer here: one not-found would fail the whole refresh.
  if (held !== undefined) return {};
  const message = `not found: no assertion with type "${type}" and key ${JSON.stringify(key)}`;
  return { error: { code: 'not-found', message, 'primary-key': key, type } };
}
