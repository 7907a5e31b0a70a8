/** One image to be mirrored: a name, where it goes, and how to get at it. */
import type { Descriptor } from '../../domain/artifact.ts';
import type { Digest } from '../../domain/digest.ts';

/** A manifest or index with everything that a registry wants to have before it. */
export interface ImageTree {
  readonly mediaType: string;
  readonly digest: Digest;
  /** As they are upstream; never written anew. */
  readonly bytes: Buffer;
  /** What an index lists, in its order. */
  readonly children: readonly ImageTree[];
  /** Config and layers; an index has none. */
  readonly blobs: readonly Descriptor[];
}

export interface MirrorTarget {
  /** HOST/PATH. */
  readonly repository: string;
  readonly tag: string;
}

export interface MirrorJob {
  /** The name as its list or archive has it. */
  readonly source: string;
  readonly target: MirrorTarget;
  /** What the target's tag has to name. UPSTREAM_NOT_FOUND when there is no such image. */
  digest(signal: AbortSignal): Promise<Digest>;
  read(signal: AbortSignal): Promise<ImageTree>;
  /** Fails with INTEGRITY_MISMATCH at its end when the bytes are not those of the digest. */
  open(blob: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export const formatTarget = ({ repository, tag }: MirrorTarget): string => `${repository}:${tag}`;
