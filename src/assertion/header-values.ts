/** Typed reading of single headers, with snapd's sentences for what is wrong. */
import type { HeaderMap } from './assertion.ts';
import { malformed, quoted } from './malformed.ts';
import { isAssertionDigest } from './names.ts';

export function textHeader(headers: HeaderMap, name: string, what: string): string {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) return malformed(what, `"${name}" header is mandatory`);
  if (typeof value !== 'string') return malformed(what, `"${name}" header must be a string`);
  return value;
}

export function filledHeader(headers: HeaderMap, name: string, what: string): string {
  const value = textHeader(headers, name, what);
  return value === '' ? malformed(what, `"${name}" header should not be empty`) : value;
}

/** Part of a primary key: it becomes a path segment. */
export function keyHeader(headers: HeaderMap, name: string, what: string): string {
  const value = filledHeader(headers, name, what);
  return value.includes('/') ? malformed(what, `"${name}" primary key header cannot contain '/'`) : value;
}

export function optionalHeader(headers: HeaderMap, name: string, what: string): string | undefined {
  return Object.hasOwn(headers, name) ? textHeader(headers, name, what) : undefined;
}

export function digestHeader(headers: HeaderMap, name: string, what: string): string {
  const value = filledHeader(headers, name, what);
  return isAssertionDigest(value) ? value : malformed(what, `"${name}" header cannot be decoded: ${quoted(value)} is not a base64url SHA3-384`);
}

export function integerHeader(headers: HeaderMap, name: string, what: string, absent?: number): number {
  if (absent !== undefined && !Object.hasOwn(headers, name)) return absent;
  const text = textHeader(headers, name, what);
  if (/^0[0-9]+$/.test(text)) return malformed(what, `"${name}" header is an integer with leading zeros: ${quoted(text)}`);
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : malformed(what, `"${name}" header is not an integer: ${quoted(text)}`);
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970, fractions kept: the store writes microseconds. */
export function timeHeader(headers: HeaderMap, name: string, what: string): number {
  const text = filledHeader(headers, name, what);
  const [, seconds, fraction = '0', zone] = RFC3339.exec(text) ?? [];
  const whole = seconds === undefined || zone === undefined ? Number.NaN : Date.parse(`${seconds}${zone}`);
  return Number.isNaN(whole) ? malformed(what, `"${name}" header is not a RFC3339 date: ${quoted(text)}`) : whole + Number(`0.${fraction}`) * 1000;
}
