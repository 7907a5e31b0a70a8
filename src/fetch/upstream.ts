/** The ports through which artifacts come in; the pipeline fills them with the clients. */
import type { HttpResponse } from '../clients/http.ts';
import type { SnapArtifact } from '../domain/artifact.ts';
import type { Digest } from '../domain/digest.ts';

export interface OpenOptions {
  /** Where to resume; 0 asks for the whole. */
  readonly offset: number;
  readonly signal: AbortSignal;
}

export interface FetchUpstream {
  readonly charmhub: {
    /** `source` as the plan has it: the production address without query. */
    open(source: string, options: OpenOptions): Promise<HttpResponse>;
  };
  readonly snaps: {
    open(source: string, options: OpenOptions): Promise<HttpResponse>;
    /** The assertion stream of the snap's revision. */
    assertions(snap: SnapArtifact, options: { readonly signal: AbortSignal }): Promise<Buffer>;
  };
  readonly images: {
    /** A blob of HOST/PATH; `urls` are those of a foreign layer. */
    open(repository: string, digest: Digest, options: OpenOptions & { readonly urls?: readonly string[] }): Promise<HttpResponse>;
    /** Raw bytes of a manifest or index, asked for by digest. */
    manifest(repository: string, digest: Digest, options: { readonly signal: AbortSignal }): Promise<Buffer>;
  };
}
