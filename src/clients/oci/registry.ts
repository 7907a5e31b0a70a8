/** The client of container registries: tags resolved to verified manifests, blobs opened for reading. The pipeline makes one a run. */
import type { Platform } from '../../domain/arch.ts';
import { type Digest, formatDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { formatImageRef, type ImageRef } from '../../domain/image-ref.ts';
import type { ResolvedImage } from '../../domain/releases.ts';
import type { Http, HttpResponse } from '../http.ts';
import { createAuthorizer, type Credentials } from './authorization.ts';
import { createAuthorized } from './authorized.ts';
import { openBlob, type OpenBlobOptions } from './blob.ts';
import { createEndpoints } from './find-endpoint.ts';
import { type FetchedDocument, fetchDocument, type Stored } from './fetch-document.ts';
import { headManifest } from './head-manifest.ts';
import { askRemainingPulls } from './pull-quota.ts';
import { resolveImage } from './resolve-image.ts';
import { createSession } from './session.ts';

export interface RegistryClientOptions {
  readonly http: Http;
  /** HOST → base URL that replaces scheme and host; `?ns=HOST` tells the mirror whom it stands for. */
  readonly mirrors: ReadonlyMap<string, string>;
  /** Hosts that are asked by https first and by plain http where they do not speak TLS; Http must not check their certificates. */
  readonly insecureHosts: ReadonlySet<string>;
  /** Default: everybody is anonymous. */
  readonly credentials?: Credentials;
  /** What a person may want to know and nothing depends on: why a name was taken for unknown, warnings of a registry. */
  readonly note?: (message: string) => void;
  /** What a person should know: a quota that is nearly used up. */
  readonly warn?: (message: string) => void;
  readonly stored?: Stored;
  /** Milliseconds of a clock that only goes forward; measures the life of tokens. */
  readonly now?: () => number;
  /** Ends everything the client does. */
  readonly signal: AbortSignal;
}

export interface RegistryClient {
  /** `undefined`: no such name or tag, or private and nobody logged in. */
  resolve(ref: ImageRef, platform: Platform, options?: { readonly artifacts?: 'allow' }): Promise<ResolvedImage | undefined>;
  /** Digest of what the reference names, asked for by HEAD; `undefined` as above. */
  digestOf(ref: ImageRef, options: { readonly signal: AbortSignal }): Promise<Digest | undefined>;
  /** What the reference names, whether an image, an index or an artifact; `undefined` as above. */
  document(ref: ImageRef, options: { readonly signal: AbortSignal }): Promise<FetchedDocument | undefined>;
  /** The bytes of a manifest or index, hashed. `repository` is HOST/PATH. */
  manifest(repository: string, digest: Digest, options: { readonly signal: AbortSignal }): Promise<Buffer>;
  /** How many more manifests the registry hands out to us; undefined where it does not count. */
  remainingPulls(repository: string, digest: Digest): Promise<number | undefined>;
  /**
   * Status 206: the bytes from `offset` on; 200: all of them, whatever the offset. Not hashed. `urls` of a foreign layer are asked when the
   * registry has not got it.
   */
  open(repository: string, digest: Digest, options: OpenBlobOptions): Promise<HttpResponse>;
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { http, credentials = () => undefined, now = () => performance.now(), signal } = options;
  const session = createSession(createAuthorized(http, createAuthorizer({ http, credentials, now, signal })));
  const note = once(options.note ?? (() => {}));
  const warn = once(options.warn ?? (() => {}));
  const both = (other: AbortSignal): AbortSignal => AbortSignal.any([signal, other]);
  const kept = options.stored === undefined ? {} : { stored: options.stored };
  const endpointOf = createEndpoints(http, options);
  const absentNoted = (ref: ImageRef, found: object): found is { readonly absent: string } => {
    if (!('absent' in found)) return false;
    note(`${formatImageRef(ref)}: ${String(found.absent)}`);
    return true;
  };
  return {
    resolve: async (ref, platform, { artifacts } = {}) =>
      resolveImage(
        { session, endpoint: await endpointOf(`${ref.host}/${ref.path}`), note, warn, ...kept, artifacts: artifacts === 'allow', signal },
        ref,
        platform,
      ),
    async digestOf(ref, call) {
      const endpoint = await endpointOf(`${ref.host}/${ref.path}`);
      const found = await headManifest(session, endpoint, ref.digest === undefined ? (ref.tag ?? 'latest') : formatDigest(ref.digest), both(call.signal));
      return absentNoted(ref, found) ? undefined : found;
    },
    async document(ref, call) {
      const reader = { session, endpoint: await endpointOf(`${ref.host}/${ref.path}`), note, warn, artifacts: true, signal: both(call.signal) };
      const found = await fetchDocument(reader, ref.digest === undefined ? { tag: ref.tag ?? 'latest' } : { digest: ref.digest });
      return absentNoted(ref, found) ? undefined : found;
    },
    async manifest(repository, digest, call) {
      const found = await fetchDocument(
        { session, endpoint: await endpointOf(repository), note, warn, artifacts: true, signal: both(call.signal) },
        { digest },
      );
      if ('absent' in found) throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'manifest', name: formatDigest(digest), where: repository, exists: [] });
      return found.bytes;
    },
    remainingPulls: async (repository, digest) => askRemainingPulls(session, await endpointOf(repository), digest, signal),
    async open(repository, digest, { signal: other, ...options }) {
      return openBlob({ session, http, endpoint: await endpointOf(repository) }, digest, { ...options, signal: both(other) });
    },
  };
}

/** Forty images of one registry bring the same warning forty times. */
function once(note: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) note(message);
    told.add(message);
  };
}
