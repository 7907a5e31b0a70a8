/** Reads the store's JSON strictly where we rely on it; a failure names the path and what stood there. */
import { ShrinkwrapError } from '../domain/errors.ts';

export interface JsonReader {
  at(name: string | number): JsonReader;
  isAbsent(): boolean;
  list(): JsonReader[];
  text(): string;
  /** `accepts` is what may go on into names and addresses. */
  textOf(wanted: string, accepts: (text: string) => boolean): string;
  /** A safe integer from `least` on. */
  integer(least: number): number;
  /** `found` instead of the value itself. */
  refuse(wanted: string, found?: string): never;
}

export function jsonReader(value: unknown, url: string, path = ''): JsonReader {
  const refuse = (wanted: string, found = describe(value)): never => {
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url, path, wanted, found });
  };
  const text = (): string => (typeof value === 'string' ? value : refuse('a string'));
  return {
    at(name) {
      if (typeof value !== 'object' || value === null) return refuse(typeof name === 'number' ? 'a list' : 'an object');
      const below = typeof name === 'number' ? `${path}[${name}]` : `${path}${path === '' ? '' : '.'}${name}`;
      return jsonReader(Object.hasOwn(value, name) ? (Reflect.get(value, name) as unknown) : undefined, url, below);
    },
    isAbsent: () => value === undefined || value === null,
    list: () => (Array.isArray(value) ? value.map((item: unknown, index) => jsonReader(item, url, `${path}[${index}]`)) : refuse('a list')),
    text,
    textOf: (wanted, accepts) => (accepts(text()) ? text() : refuse(wanted)),
    integer: (least) => (typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : refuse(`an integer from ${least} on`)),
    refuse,
  };
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
