/** The closed union of everything that is fetched. A new kind does not compile until every table has its row. */
import type { Arch, Platform } from './arch.ts';
import type { Base } from './base.ts';
import type { Digest } from './digest.ts';

interface Fetched {
  readonly name: string;
  readonly version: string;
  /** Path inside the archive; unique in a plan. */
  readonly path: string;
  /** Bytes. For an image: manifest, config and layers together, and all of an index that it pins. */
  readonly size: number;
  /** What the bytes must match; never empty. For an image: its manifest. */
  readonly digests: readonly Digest[];
  /** Production address without query: where it comes from, also when a mirror served it. */
  readonly source: string;
  /** Why it is in the plan; never empty. */
  readonly reasons: readonly string[];
}

export interface CharmArtifact extends Fetched {
  readonly kind: 'charm';
  readonly revision: number;
  /** Full channel it was released on. */
  readonly channel: string;
  /** Absent when one revision serves every architecture. */
  readonly arch?: Arch;
  readonly bases: readonly Base[];
  /** Charmhub's 32-character id. */
  readonly id: string;
}

export interface ResourceArtifact extends Fetched {
  readonly kind: 'resource';
  readonly revision: number;
  readonly application: string;
  readonly charm: string;
  readonly resource: string;
  readonly filename: string;
  /** Made here and not fetched. */
  readonly derived?: DerivedContent;
}

/** A text, or the image at this path of the archive as a file that carries `reference` for its name. */
export type DerivedContent = { readonly from: 'text'; readonly text: string } | { readonly from: 'image'; readonly image: string; readonly reference: string };

export interface SnapArtifact extends Fetched {
  readonly kind: 'snap';
  readonly revision: number;
  readonly channel: string;
  readonly arch: Arch;
  readonly id: string;
  /** `core20`; empty for the kinds that have none. */
  readonly base: string;
  /** app, os, base, snapd, kernel, gadget. */
  readonly type: string;
  readonly confinement: string;
  /** Account that publishes it, as the store said; the declaration must say the same. */
  readonly publisherId?: string;
  /** Of snap.yaml, when it is not the global store's. */
  readonly provenance?: string;
  /** Place in the order of installation, from 1: snapd, bases, content providers, the rest. */
  readonly order: number;
  /** The assertion stream beside it. */
  readonly assertPath: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  /** Where a foreign layer lies beside its registry (facts/oci.md 4.7). */
  readonly urls?: readonly string[];
}

/** One image of an index. */
export interface ImageChild {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** An index with every image that it lists: nothing of it may be missing in a registry (facts/oci.md 4.6). */
export interface WholeIndex {
  readonly index: Descriptor;
  /** In the order of the index. */
  readonly children: readonly ImageChild[];
}

export interface ImageArtifact extends Fetched {
  readonly kind: 'image';
  readonly arch: Arch;
  readonly platform: Platform;
  /** HOST/PATH that serves the bytes: where the first source in order had it. */
  readonly repository: string;
  readonly manifest: Descriptor;
  /** The index that the tag named, when it named one. */
  readonly index?: Digest;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** When the name pins the digest of its index: the tag then answers the index, so all of it travels. */
  readonly whole?: WholeIndex;
  /** Paths below the prefix of the site's registry under which it must answer. */
  readonly targets: readonly string[];
  /** Address of the oci-image resource that holds the login for `repository`; the login itself is in no plan. */
  readonly login?: string;
}

export type Artifact = CharmArtifact | ResourceArtifact | SnapArtifact | ImageArtifact;
export type ArtifactKind = Artifact['kind'];
export type ArtifactOf<K extends ArtifactKind> = Extract<Artifact, { kind: K }>;

/** One row a kind; the compiler asks for the row of a new one. */
export const ARTIFACT_KINDS: Record<ArtifactKind, { readonly plural: string; readonly folder: string }> = {
  charm: { plural: 'charms', folder: 'charms' },
  resource: { plural: 'resources', folder: 'resources' },
  snap: { plural: 'snaps', folder: 'snaps' },
  image: { plural: 'images', folder: 'containers' },
};
