/** Charmhub's public API, version 2 (facts/charmhub-juju.md 1): which releases there are, and their files. */
import type { BundleRelease, CharmRelease, CharmWanted, ResourceRelease } from '../domain/releases.ts';
import { charmhubAddresses } from './charmhub/addresses.ts';
import { readBundleRelease } from './charmhub/bundle.ts';
import { resolveCharms } from './charmhub/resolve.ts';
import { readResourceRevisions } from './charmhub/resource-revisions.ts';
import type { CharmhubSession } from './charmhub/session.ts';
import type { Http, HttpResponse } from './http.ts';

export interface Charmhub {
  /** In the order asked for; an unknown name, channel or revision is UPSTREAM_NOT_FOUND with what exists. */
  resolve(wanted: readonly CharmWanted[]): Promise<CharmRelease[]>;
  /** Every revision of a charm's resource that is still served; an unknown one is UPSTREAM_NOT_FOUND. */
  resourceRevisions(charm: string, resource: string): Promise<ResourceRelease[]>;
  /** Without channel: the bundle's default release. */
  bundle(name: string, channel?: string): Promise<BundleRelease>;
  /** `source` is the production address of a charm or resource. Any status may come back. */
  open(source: string, options: { readonly offset: number; readonly signal: AbortSignal }): Promise<HttpResponse>;
}

export interface CharmhubOptions {
  readonly http: Http;
  /** Charmhub, or a mirror of it. */
  readonly baseUrl: string;
  readonly productionUrl?: string;
  readonly signal?: AbortSignal;
}

export function createCharmhub({ http, baseUrl, productionUrl = 'https://api.charmhub.io', signal = new AbortController().signal }: CharmhubOptions): Charmhub {
  const session: CharmhubSession = { http, signal, addresses: charmhubAddresses(baseUrl, productionUrl) };
  return {
    resolve: (wanted) => resolveCharms(session, wanted),
    resourceRevisions: (charm, resource) => readResourceRevisions(session, charm, resource),
    bundle: (name, channel) => readBundleRelease(session, name, channel),
    open: (source, options) =>
      http.send(session.addresses.fromSource(source), {
        signal: options.signal,
        ...(options.offset > 0 && { headers: { range: `bytes=${options.offset}-` } }),
      }),
  };
}
