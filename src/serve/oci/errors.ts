/** The registry's error answers (facts/oci.md 1.6). */
import { type Answer, json } from '../exchange.ts';

const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 413,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const;

export type OciCode = keyof typeof STATUS;

export const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };

export const ociError = (code: OciCode, message: string, details: readonly unknown[] = [null], headers: Readonly<Record<string, string>> = {}): Answer =>
  json(STATUS[code], { errors: details.map((detail) => ({ code, message, detail })) }, { ...API_VERSION, ...headers });
