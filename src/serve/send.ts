/** Puts an answer on the wire: Content-Length always, one range of bytes when asked (RFC 9110 14), no body for HEAD. */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Answer, Asked } from './exchange.ts';

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The one span asked for; `whole` when the header is absent, of another unit or a list; `none` when it lies behind the end. */
export function parseRange(header: string | undefined, size: number): Span | 'whole' | 'none' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size };
  }
  const [start, end] = [Number(first), last === '' ? size : Math.min(Number(last) + 1, size)];
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'none' : { start, end };
}

/** A range holds only while the file is the one that the client began with. */
const sameFile = (asked: Asked, answer: Answer): boolean => {
  const condition = asked.headers['if-range'];
  return condition === undefined || condition === answer.headers?.['etag'];
};

export async function send(asked: Asked, response: ServerResponse, answer: Answer): Promise<void> {
  const { size } = answer.body;
  const range = answer.ranges === true && sameFile(asked, answer) ? parseRange(asked.headers.range, size) : 'whole';
  const headers: Record<string, string> = { ...answer.headers, ...(answer.ranges === true && { 'accept-ranges': 'bytes' }) };
  if (range === 'none') {
    response.writeHead(416, { ...headers, 'content-length': 0, 'content-range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range === 'whole' ? { start: 0, end: size } : range;
  const partial = range === 'whole' ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` };
  // 204 must not carry a length (RFC 9110 8.6).
  const length = answer.status === 204 ? {} : { 'content-length': headers['content-length'] ?? end - start };
  response.writeHead(range === 'whole' ? answer.status : 206, { ...headers, ...partial, ...length });
  if (asked.headOnly || end === start) response.end();
  else await pipeline(answer.body.open(start, end), exactly(end - start), response);
}

/** A file that shrank or grew meanwhile must break the connection, not leave the client waiting or with foreign bytes. */
function exactly(size: number): (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* (bytes) {
    let sent = 0;
    for await (const chunk of bytes) {
      sent += chunk.length;
      if (sent > size) break;
      yield chunk;
    }
    if (sent !== size) throw new Error(`the content is not ${size} bytes long: ${sent} came`);
  };
}
