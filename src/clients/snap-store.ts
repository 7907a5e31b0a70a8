/** The snap store's API v2: resolves channels, opens downloads, fetches assertion streams (facts/snap-store.md 1). Wired by the pipeline. */
import { CANONICAL_ROOT } from '../assertion/canonical-root.ts';
import type { MaxFormat } from '../assertion/assertion.ts';
import type { TrustRoots } from '../assertion/trust-roots.ts';
import type { Arch } from '../domain/arch.ts';
import type { SnapRelease, SnapWanted } from '../domain/releases.ts';
import type { Http, HttpResponse } from './http.ts';
import { snapStoreAddresses } from './snap-store/addresses.ts';
import { createAssertionFetcher, type SnapIdentity } from './snap-store/assertions.ts';
import { openDownload } from './snap-store/download.ts';
import { resolveSnaps } from './snap-store/resolve.ts';
import type { StoreSession } from './snap-store/session.ts';

export interface SnapStoreOptions {
  readonly http: Http;
  /** Where to ask; may be a mirror or a test's server, with a path of its own. */
  readonly baseUrl: string;
  /** What stands in plans and manifests instead. */
  readonly productionUrl?: string;
  readonly signal?: AbortSignal;
  /** `Macaroon root="…"`, for private snaps; sent to the store itself only. */
  readonly macaroon?: string;
  /** Their assertions are never fetched and never written. Default: the built-in root alone. */
  readonly roots?: TrustRoots;
  /** Newest formats to ask for; a single request may say otherwise. */
  readonly maxFormat?: MaxFormat;
  /** Brand store instead of the global one. */
  readonly storeId?: string;
}

export interface SnapStore {
  /** In the order asked for; one request an architecture. */
  resolve(wanted: readonly SnapWanted[]): Promise<SnapRelease[]>;
  /** Bytes from `offset` on. Status 200 instead of 206: the server began at the start. The caller checks the bytes. */
  open(source: string, options?: { readonly offset?: number; readonly signal?: AbortSignal; readonly arch?: Arch }): Promise<HttpResponse>;
  /** The bytes that `snap download` writes to NAME_REV.assert. Nothing is verified here: see assertion/check-chain.ts. */
  assertions(snap: SnapIdentity, options?: { readonly signal?: AbortSignal; readonly maxFormat?: MaxFormat }): Promise<Buffer>;
}

export const PRODUCTION_SNAP_STORE = 'https://api.snapcraft.io/';

export function createSnapStore(options: SnapStoreOptions): SnapStore {
  const { http, baseUrl, productionUrl = PRODUCTION_SNAP_STORE, signal, macaroon, roots = CANONICAL_ROOT, maxFormat, storeId } = options;
  const addresses = snapStoreAddresses(baseUrl, productionUrl);
  const session: StoreSession = {
    http,
    addresses,
    ...(signal !== undefined && { signal }),
    ...(macaroon !== undefined && { macaroon }),
    ...(storeId !== undefined && { storeId }),
  };
  const fetchAssertions = createAssertionFetcher(session, roots);
  return {
    resolve: (wanted) => resolveSnaps(session, wanted),
    open: (source, request = {}) => openDownload(session, source, request),
    assertions: (snap, request = {}) => fetchAssertions(snap, { ...(maxFormat !== undefined && { maxFormat }), ...request }),
  };
}
