/** What a key of format 1 may sign: alternatives of header patterns, matched as snapd 2.61 and later do. Pure. */
import type { HeaderMap, HeaderValue } from './assertion.ts';
import { malformed, quoted } from './malformed.ts';

/** Whether an assertion of these headers may be signed. */
export type Constraint = (headers: HeaderMap) => boolean;

type Matcher = (value: HeaderValue | undefined) => boolean;

/** The part of Go's pattern language that means the same here; everything else is refused rather than half understood. */
const PLAIN_PATTERN = /^(?:[A-Za-z0-9_ /:@,;=~!#%&<>"'-]|\.|\\[.\\+*?()|[\]{}^$/dDwW]|\[\^?(?:[A-Za-z0-9_./@ -]|\\[.\\\]^dw-])+\]|\((?:\?:)?|[)|*+?])*$/;

/** Any one of them is enough; a key without constraints has an empty list and may sign everything. */
export function readConstraints(value: HeaderValue, what: string): Constraint[] {
  if (!isList(value) || value.length === 0) return malformed(what, 'assertions constraints must be a list of maps');
  return value.map((item) => {
    if (!isMap(item)) return malformed(what, 'assertions constraints must be a list of maps');
    const headers = item['headers'];
    if (headers === undefined || !isMap(headers)) return malformed(what, '"headers" constraint mandatory in assertions constraints');
    const type = headers['type'];
    if (typeof type !== 'string' || !/^[a-z0-9-]+$/.test(type)) return malformed(what, 'type header constraint must be a precise string and not a regexp');
    return compileMap(headers, what);
  });
}

function compile(value: HeaderValue, what: string, inList: boolean): Matcher {
  if (typeof value === 'string') return compileText(value, what);
  if (!isList(value)) return compileMap(value, what);
  if (inList) return malformed(what, 'cannot nest alternative constraints directly');
  const alternatives = value.map((item) => compile(item, what, true));
  return (found) => alternatives.some((matches) => matches(found));
}

/** A list matches when each of its items does. */
function compileMap(map: HeaderMap, what: string): Matcher & Constraint {
  const matchers = Object.entries(map).map(([name, value]) => ({ name, matches: compile(value, what, false) }));
  const matchesMap: Matcher = (found) => {
    if (found === undefined || typeof found === 'string') return false;
    if (isList(found)) return found.every(matchesMap);
    return matchers.every(({ name, matches }) => matches(Object.hasOwn(found, name) ? found[name] : undefined));
  };
  return matchesMap;
}

function compileText(text: string, what: string): Matcher {
  if (text === '$MISSING') return (found) => found === undefined;
  const pattern = compilePattern(text) ?? malformed(what, `cannot compile headers constraint: ${quoted(text)}`);
  const matches: Matcher = (found) => {
    if (typeof found === 'string') return pattern.test(found);
    return found !== undefined && isList(found) && found.every(matches);
  };
  return matches;
}

function compilePattern(text: string): RegExp | undefined {
  if (!PLAIN_PATTERN.test(text)) return undefined;
  try {
    return new RegExp(`^(${text})$`);
  } catch {
    return undefined;
  }
}

const isList = (value: HeaderValue): value is readonly HeaderValue[] => Array.isArray(value);
const isMap = (value: HeaderValue): value is HeaderMap => typeof value === 'object' && !Array.isArray(value);
