/** What the upstreams answer, decoded: the facts a plan is made of. */
import type { Arch, Platform } from './arch.ts';
import type { Descriptor, WholeIndex } from './artifact.ts';
import type { Base } from './base.ts';
import type { Digest } from './digest.ts';

/** Where a file lies and what it must be. `source` is the production address without query. */
export interface Download {
  readonly source: string;
  readonly size: number;
  readonly digest: Digest;
}

export interface ResourceRelease {
  readonly name: string;
  readonly type: 'file' | 'oci-image';
  readonly filename: string;
  readonly revision: number;
  readonly download: Download;
}

export interface CharmWanted {
  readonly name: string;
  /** Full channel; absent asks for the charm's default release. */
  readonly channel?: string;
  /** A pinned revision; its resources are then those of the channel. */
  readonly revision?: number;
  readonly base: Base;
  readonly arch: Arch;
}

export interface CharmRelease {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly version: string;
  /** Full effective channel. */
  readonly channel: string;
  /** Bases with their architectures; `all` stands for every one. */
  readonly bases: readonly { readonly name: string; readonly channel: string; readonly architecture: string }[];
  readonly download: Download;
  readonly resources: readonly ResourceRelease[];
  readonly metadataYaml: string;
  readonly configYaml: string;
}

export interface BundleRelease {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly channel: string;
  /** Text of bundle.yaml, byte for byte. */
  readonly text: string;
}

export interface SnapWanted {
  readonly name: string;
  /** Full channel; absent asks for the stable risk of the snap's default track. */
  readonly channel?: string;
  readonly revision?: number;
  readonly arch: Arch;
}

export interface SnapRelease {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly version: string;
  /** Full channel asked for, or the one the store redirected to; for a default track the one that it chose. */
  readonly channel: string;
  readonly arch: Arch;
  /** Empty for a snap without `base:` that needs none (snapd, bases); `core` for an old app that names none. */
  readonly base: string;
  readonly type: string;
  readonly confinement: string;
  readonly publisherId: string;
  /** Text of meta/snap.yaml. */
  readonly snapYaml: string;
  readonly download: Download;
}

/** An image whose tag has been resolved once, at planning. */
export interface ResolvedImage {
  /** HOST/PATH that answered. */
  readonly repository: string;
  readonly manifest: Descriptor;
  readonly manifestBytes: Buffer;
  readonly index?: { readonly digest: Digest; readonly bytes: Buffer };
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** When the reference pins the index by its digest. */
  readonly whole?: WholeIndex;
  readonly platform: Platform;
  /** Every document that was read on the way, configs among them: what is in the store need not be asked for again. */
  readonly documents: readonly { readonly digest: Digest; readonly bytes: Buffer }[];
  /** What engines and registries at the site may stumble over, with their versions. */
  readonly warnings: readonly string[];
}

/** What a .charm holds that a plan is made of; a file that the charm lacks is the empty text. */
export interface CharmFiles {
  readonly metadataYaml: string;
  readonly configYaml: string;
  readonly manifestYaml: string;
  readonly layerYaml: string;
  /** Names of the archives in wheelhouse/, sorted. */
  readonly wheelhouse: readonly string[];
  /** What may name images, by path and sorted: upstream/, templates/ and Python code that is the charm's own. */
  readonly texts: ReadonlyMap<string, string>;
}
