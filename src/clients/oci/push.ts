/** The client that fills a registry: blobs, then what refers to them. The pipeline makes one a run. */
import { formatDigest, type Digest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Http } from '../http.ts';
import { discardBody } from '../read-body.ts';
import { createAuthorizer, type Credentials } from './authorization.ts';
import { createAuthorized } from './authorized.ts';
import { createEndpoints } from './find-endpoint.ts';
import { headManifest } from './head-manifest.ts';
import { pushBlob, type BlobOutcome, type BlobToPush, type PushContext } from './push-blob.ts';
import { pushFailure, refusedLogin } from './push-failure.ts';
import { createSession } from './session.ts';

export interface ManifestToPush {
  readonly mediaType: string;
  readonly digest: Digest;
  /** As they are upstream; never written anew. */
  readonly bytes: Buffer;
}

export interface PushClientOptions extends Partial<Omit<PushContext, 'authorized'>> {
  readonly http: Http;
  /** Asked by https first and by plain http where they do not speak TLS. */
  readonly insecureHosts: ReadonlySet<string>;
  /** Default: everybody is anonymous. */
  readonly credentials?: Credentials;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  readonly signal: AbortSignal;
}

/** `repository` is HOST/PATH. */
export interface PushClient {
  /** Fails when nothing answers there, before anything else is begun. */
  reach(repository: string): Promise<void>;
  /** Digest of what the tag or digest names; undefined when it names nothing. */
  digestOf(repository: string, reference: string, signal: AbortSignal): Promise<Digest | undefined>;
  putBlob(repository: string, blob: BlobToPush, signal: AbortSignal): Promise<BlobOutcome>;
  /** Afterwards the registry is asked whether the reference names the digest: INTEGRITY_MISMATCH when not. */
  putManifest(repository: string, reference: string, manifest: ManifestToPush, signal: AbortSignal): Promise<void>;
}

export function createPushClient(options: PushClientOptions): PushClient {
  const { http, insecureHosts, credentials = () => undefined, now = () => performance.now(), signal } = options;
  const authorized = createAuthorized(http, createAuthorizer({ http, credentials, now, signal }));
  const session = createSession(authorized);
  // A mirror stands for a registry that is read; what is written goes to the registry itself.
  const endpointOf = createEndpoints(http, { mirrors: new Map(), insecureHosts, signal });
  const { tries = 5, delays = { baseMs: 500, capMs: 60_000 }, stallMs = 60_000, onRetry = () => {} } = options;
  const context: PushContext = { authorized, tries, delays, stallMs, onRetry };
  const both = (other: AbortSignal): AbortSignal => AbortSignal.any([signal, other]);

  const digestOf: PushClient['digestOf'] = async (repository, reference, other) => {
    const found = await headManifest(session, await endpointOf(repository), reference, both(other));
    return 'absent' in found ? undefined : found;
  };

  const putManifest: PushClient['putManifest'] = async (repository, reference, { mediaType, digest, bytes }, other) => {
    const endpoint = await endpointOf(repository);
    const url = endpoint.url('manifests', reference);
    const answer = await authorized({ endpoint, url, method: 'PUT', headers: { 'content-type': mediaType }, body: bytes, signal: both(other) });
    if ('refused' in answer) throw refusedLogin(url, answer.refused);
    const { response } = answer;
    if (response.status < 200 || response.status >= 300) throw (await pushFailure(response, 1)).error;
    await discardBody(response.body);
    const found = await digestOf(repository, reference, other);
    const [wanted, got] = [formatDigest(digest), found === undefined ? 'nothing' : formatDigest(found)];
    if (wanted !== got)
      throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what: `${repository} ${reference}`, field: 'digest in the registry', wanted, found: got });
  };

  return {
    async reach(repository) {
      const { base } = await endpointOf(repository);
      await discardBody((await http.send(`${base}/v2/`, { expect: () => true, signal })).body);
    },
    digestOf,
    putBlob: async (repository, blob, other) => pushBlob(context, await endpointOf(repository), blob, both(other)),
    putManifest,
  };
}
