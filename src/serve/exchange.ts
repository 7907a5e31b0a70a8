/** What a protocol sees of a request and what it answers: plain values, so that routing, HEAD and Range are written once. */
import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';

export interface Asked {
  /** HEAD arrives as GET: the sender leaves the body out. */
  readonly method: string;
  readonly headOnly: boolean;
  /** Decoded path components, without empty ones. */
  readonly segments: readonly string[];
  /** The path as sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** `http://HOST:PORT` as the client wrote it; answers hold absolute addresses below it. */
  readonly base: string;
  readonly body: Readable;
}

/** Bytes that are opened only when they are sent. */
export interface Content {
  readonly size: number;
  /** From `start` up to, not including, `end`. */
  open(start: number, end: number): Readable;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Content;
  /** Whether `Range` is honoured. */
  readonly ranges?: boolean;
}

/** `undefined`: not mine. */
export type Handler = (asked: Asked) => Promise<Answer | undefined> | Answer | undefined;

export const bytesContent = (bytes: Buffer): Content => ({
  size: bytes.length,
  open: (start, end) => Readable.from(end > start ? [bytes.subarray(start, end)] : []),
});

/** The content type is exactly `application/json`: snapd takes a 404 for "not found" with no other (facts/snap-store.md 1.5). */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: bytesContent(Buffer.from(JSON.stringify(value))),
});

export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({ status, headers, body: bytesContent(Buffer.alloc(0)) });

/** A download: ranges honoured, a strong tag when the digest is known. */
export const download = (body: Content, type: string, etag?: string): Answer => ({
  status: 200,
  headers: { 'content-type': type, ...(etag !== undefined && { etag: `"${etag}"` }) },
  body,
  ranges: true,
});

/** The whole body, or `undefined` when it is longer than `limit`. */
export async function readBody(body: Readable, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving early must not close the connection: the refusal still has to go out on it.
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limit) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
