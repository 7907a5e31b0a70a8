/** node's request -> what the protocols see. */
import type { IncomingMessage } from 'node:http';
import type { Asked } from './exchange.ts';

/** Host header as RFC 9110 has it; anything else could put foreign text into the addresses of an answer. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

export function readRequest(request: IncomingMessage): Asked {
  const target = request.url ?? '/';
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  return {
    method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'),
    headOnly: request.method === 'HEAD',
    segments: path
      .split('/')
      .filter((part) => part !== '')
      .map(decode),
    path,
    query: new URLSearchParams(question < 0 ? '' : target.slice(question + 1)),
    headers: request.headers,
    base: `http://${hostOf(request)}`,
    body: request,
  };
}

function hostOf({ headers: { host }, socket }: IncomingMessage): string {
  if (host !== undefined && HOST.test(host)) return host;
  const address = socket.localAddress ?? 'localhost';
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}

/** A broken escape stays as it is: it then names nothing. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
