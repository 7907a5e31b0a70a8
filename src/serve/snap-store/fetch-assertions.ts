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

/** The keys by which snapd says that it has a sequence already. */
const SEQUENCE_HELD = ['if-sequence-newer-than', 'if-sequence-equal-or-newer-than', 'if-newer-than'];

function answerOne(item: JsonObject, maxFormats: JsonObject, base: string, assertions: AssertionIndex): { url?: string; error?: object } {
  const type = optionalString(item, 'type') ?? '';
  const key = Array.isArray(item['primary-key']) ? item['primary-key'].map(String) : [];
  // A validation set is asked for by its sequence; archives hold none, and what the device tracks is not newer here either.
  const sequence = Array.isArray(item['sequence-key']) ? item['sequence-key'].map(String) : undefined;
  if (sequence !== undefined && SEQUENCE_HELD.some((name) => typeof item[name] === 'number')) return {};
  const held = typeof item['if-newer-than'] === 'number' ? item['if-newer-than'] : undefined;
  const limit = typeof maxFormats[type] === 'number' ? maxFormats[type] : undefined;
  const found = assertions.find(type, key, limit);
  if (found !== undefined) {
    const query = limit === undefined ? '' : `?max-format=${limit}`;
    return held !== undefined && found.revision <= held ? {} : { url: `${base}/v2/assertions/${refPath(found)}${query}` };
  }
  // What the device holds and this archive never had is simply not newer here: one not-found would fail the whole refresh.
  if (held !== undefined) return {};
  const message = `not found: no assertion with type "${type}" and key ${JSON.stringify(sequence ?? key)}`;
  return { error: { code: 'not-found', message, ...(sequence === undefined ? { 'primary-key': key } : { 'sequence-key': sequence }), type } };
}
