/** Fields of a catalogue document; a mistake throws an Error that names its place. Pure. */

export function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${path}: wanted a mapping`);
  return value as Record<string, unknown>;
}

export function string(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${path}: wanted text (quote numbers), found ${JSON.stringify(value)}`);
  return value;
}

export function list<T>(value: unknown, path: string, item: (value: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new Error(`${path}: wanted a list`);
  return value.map((each, index) => item(each, `${path}[${index}]`));
}

export const strings = (value: unknown, path: string): string[] => list(value, path, string);

export const stringMap = (value: unknown, path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(record(value, path)).map(([key, each]) => [key, string(each, `${path}.${key}`)]));
