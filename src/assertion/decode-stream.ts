/** Bytes of an .assert file or of a store's answer -> assertions, each with the exact bytes that were signed (facts/snap-store.md 3.1, 3.2). */
import { isUtf8 } from 'node:buffer';
import { type Assertion, DEFAULT_PROVENANCE, type HeaderMap, hasProvenance, isAssertionType, PRIMARY_KEYS, type AssertionType } from './assertion.ts';
import { digestHeader, filledHeader, integerHeader, keyHeader } from './header-values.ts';
import { malformed, quoted } from './malformed.ts';
import { parseHeaders } from './parse-headers.ts';

const BLANK_LINE = Buffer.from('\n\n');
/** snapd's own limits. */
const HEADERS_LIMIT = 128 * 1024;
const BODY_LIMIT = 2 * 1024 * 1024;
const SIGNATURE_LIMIT = 128 * 1024;
/** A snap needs four; ours, so that a hostile file cannot cost more than a moment. */
const STREAM_LIMIT = 1000;

export function decodeStream(bytes: Buffer): Assertion[] {
  const assertions: Assertion[] = [];
  for (let at = 0; at < bytes.length;) {
    const what = `assertion ${assertions.length + 1}`;
    if (assertions.length === STREAM_LIMIT) return malformed(what, `more than ${STREAM_LIMIT} assertions in one stream`);
    const { assertion, end } = decodeAt(bytes, at, what);
    assertions.push(assertion);
    at = end;
  }
  return assertions;
}

/** The body is found by its length, never by looking for a blank line: it may hold some. */
function decodeAt(bytes: Buffer, start: number, what: string): { assertion: Assertion; end: number } {
  const headEnd = findHeadEnd(bytes, start, what);
  const headers = parseHeaders(bytes.subarray(start, headEnd), what);
  const type = filledHeader(headers, 'type', what);
  if (!isAssertionType(type)) return malformed(what, `unknown assertion type: ${quoted(type)}`);
  const named = `${what} (${type})`;
  const bodyLength = integerHeader(headers, 'body-length', named, 0);
  if (bodyLength > BODY_LIMIT) return malformed(named, `assertion body length ${bodyLength} exceeds maximum body size ${BODY_LIMIT}`);
  const { contentEnd, signatureStart } = findContentEnd(bytes, headEnd, bodyLength, named);
  const { signature, end } = readSignature(bytes, signatureStart, named);
  const body = bytes.subarray(headEnd + 2, headEnd + 2 + bodyLength);
  if (!isUtf8(body)) return malformed(named, 'body is not utf8');
  return { assertion: { ...identify(type, headers, named), headers, body, content: bytes.subarray(start, contentEnd), signature }, end };
}

function findHeadEnd(bytes: Buffer, start: number, what: string): number {
  const window = bytes.subarray(start, start + HEADERS_LIMIT);
  const length = window.indexOf(BLANK_LINE);
  if (length >= 0) return start + length;
  if (window.length === HEADERS_LIMIT) return malformed(what, 'headers: maximum size exceeded while looking for delimiter "\\n\\n"');
  return malformed(what, window.includes('\r\n') ? 'unexpected EOF in headers: lines end with CRLF' : 'unexpected EOF in headers');
}

function findContentEnd(bytes: Buffer, headEnd: number, bodyLength: number, what: string): { contentEnd: number; signatureStart: number } {
  const bodyEnd = headEnd + 2 + bodyLength;
  if (bodyEnd > bytes.length) return malformed(what, 'unexpected EOF in body');
  const separated = bytes.subarray(bodyEnd, bodyEnd + 2).equals(BLANK_LINE);
  if (separated) return { contentEnd: bodyEnd, signatureStart: bodyEnd + 2 };
  if (bodyLength > 0) return malformed(what, 'missing content/signature separator');
  // Without a body the blank line after the headers is the separator and is not signed.
  return { contentEnd: headEnd, signatureStart: headEnd + 2 };
}

function readSignature(bytes: Buffer, start: number, what: string): { signature: Buffer; end: number } {
  const window = bytes.subarray(start, start + SIGNATURE_LIMIT);
  const length = window.indexOf(BLANK_LINE);
  if (length < 0 && window.length === SIGNATURE_LIMIT) return malformed(what, 'signature: maximum size exceeded while looking for delimiter "\\n\\n"');
  // Of the blank line between two assertions the first line feed belongs to the signature.
  const signature = length < 0 ? window : window.subarray(0, length + 1);
  if (signature.length === 0) return malformed(what, 'empty assertion signature');
  return { signature, end: length < 0 ? bytes.length : start + length + 2 };
}

function identify(
  type: AssertionType,
  headers: HeaderMap,
  what: string,
): Pick<Assertion, 'type' | 'key' | 'authorityId' | 'signKeyId' | 'format' | 'revision'> {
  const key = PRIMARY_KEYS[type].map((name) => keyHeader(headers, name, what));
  const provenance = hasProvenance(type) && Object.hasOwn(headers, 'provenance') ? keyHeader(headers, 'provenance', what) : DEFAULT_PROVENANCE;
  return {
    type,
    key: provenance === DEFAULT_PROVENANCE ? key : [...key, provenance],
    authorityId: filledHeader(headers, 'authority-id', what),
    signKeyId: digestHeader(headers, 'sign-key-sha3-384', what),
    format: integerHeader(headers, 'format', what, 0),
    revision: integerHeader(headers, 'revision', what, 0),
  };
}
