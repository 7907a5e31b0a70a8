/** REGISTRY[/PATH] of the command line, and what comes to lie below it. Pure. */
import { isShrinkwrapError } from '../../domain/errors.ts';
import { parseImageRef } from '../../domain/image-ref.ts';
import type { MirrorTarget } from './job.ts';

export interface Destination {
  /** HOST[:PORT]. */
  readonly host: string;
  /** Below which everything goes; absent: where the source says. */
  readonly path?: string;
}

/** `undefined` for what is neither HOST[:PORT] nor HOST[:PORT]/PATH. A final slash says nothing. */
export function parseDestination(text: string): Destination | undefined {
  const [host = '', ...rest] = text.replace(/\/+$/, '').split('/');
  // A first word without dot or colon would be read as a path: here it is always the host.
  const named = /[.:]/.test(host) ? host : `${host}.x`;
  try {
    const { path } = parseImageRef(`${named}/${[...rest, 'x'].join('/')}`);
    return { host, ...(rest.length > 0 && { path: path.slice(0, -'/x'.length) }) };
  } catch (error) {
    if (isShrinkwrapError(error)) return undefined;
    throw error;
  }
}

/** `place` is PATH:TAG. */
export function targetAt({ host, path }: Destination, place: string): MirrorTarget {
  const colon = place.lastIndexOf(':');
  return { repository: [host, ...(path === undefined ? [] : [path]), place.slice(0, colon)].join('/'), tag: place.slice(colon + 1) };
}

/**
 * Where a name of a list goes: the path without host, with its tag. A digest is no part of it: what is copied keeps it, and a name without tag becomes
 * `latest`, as kubermatic-installer has it (facts/seed-systems.md 3.4).
 */
export function listPlace(name: string): string {
  const { path, tag = 'latest' } = parseImageRef(name);
  return `${path}:${tag}`;
}
