/** Reading JSON that others wrote: each reader fails with the place and the value. */
import { ShrinkwrapError } from '../domain/errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

function refuse(where: string, wanted: string, found: unknown): never {
  throw new ShrinkwrapError('INPUT_MALFORMED', { what: where, text: (JSON.stringify(found) ?? 'nothing').slice(0, 100), wanted });
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `undefined` for what is no JSON, and for JSON that is no object. */
export function parseObject(bytes: Buffer | undefined): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(bytes?.toString('utf8') ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const readObject = (value: unknown, where: string): JsonObject => (isObject(value) ? value : refuse(where, 'an object', value));

export function readString(row: JsonObject, key: string, where: string): string {
  const value = row[key];
  return typeof value === 'string' ? value : refuse(`${where}.${key}`, 'a string', value);
}

export function readInteger(row: JsonObject, key: string, where: string): number {
  const value = row[key];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : refuse(`${where}.${key}`, 'a whole number', value);
}

export function readList(row: JsonObject, key: string, where: string): readonly unknown[] {
  const value = row[key];
  return Array.isArray(value) ? (value as unknown[]) : refuse(`${where}.${key}`, 'a list', value);
}

/** `undefined` for an absent key and for null. */
export function readOptional<T>(row: JsonObject, key: string, read: (value: unknown) => T): T | undefined {
  const value = row[key];
  return value === undefined || value === null ? undefined : read(value);
}

export const optionalString = (row: JsonObject, key: string): string | undefined => (typeof row[key] === 'string' ? row[key] : undefined);
