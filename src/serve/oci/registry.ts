/** The OCI registry: everything below /v2/ that no other protocol took (facts/oci.md 1). */
import { type Answer, type Asked, type Handler, json } from '../exchange.ts';
import { API_VERSION, ociError } from './errors.ts';
import { answerBlob, answerManifest, answerTags } from './pull.ts';
import { type Uploads, answerPush } from './push.ts';
import type { Repositories } from './repositories.ts';
import { type OciRoute, parseRoute } from './route.ts';
import type { TokenService } from './tokens.ts';

export interface Registry {
  readonly images: Repositories;
  /** Absent: read-only. */
  readonly uploads?: Uploads;
  /** Absent: open. */
  readonly tokens?: TokenService;
}

export const createRegistry =
  ({ images, uploads, tokens }: Registry): Handler =>
  (asked) => {
    if (tokens !== undefined && asked.segments.length === 1 && asked.segments[0] === 'token') return tokens.answerToken(asked);
    if (asked.segments[0] !== 'v2') return undefined;
    const route = parseRoute(asked.segments, asked.path);
    if (route === undefined) return undefined;
    const refused = tokens?.refuse(asked, scopeOf(route, asked));
    if (refused !== undefined) return refused;
    if (asked.method === 'GET' && route.at !== 'uploads' && route.at !== 'upload') return answerPull(route, asked, images);
    if (uploads === undefined || route.at === 'base' || route.at === 'tags') return ociError('UNSUPPORTED', 'The operation is unsupported.');
    return answerPush(route, asked, images, uploads);
  };

function scopeOf(route: OciRoute, { method }: Asked): string | undefined {
  return 'name' in route ? `repository:${route.name}:${method === 'GET' && route.at !== 'upload' ? 'pull' : 'pull,push'}` : undefined;
}

function answerPull(route: Exclude<OciRoute, { at: 'uploads' | 'upload' }>, asked: Asked, images: Repositories): Answer {
  switch (route.at) {
    case 'base':
      return json(200, {}, API_VERSION);
    case 'manifests':
      return answerManifest(route.name, route.reference, asked, images);
    case 'blobs':
      return answerBlob(route.name, route.reference, images);
    case 'tags':
      return answerTags(route.name, asked, images);
  }
}
