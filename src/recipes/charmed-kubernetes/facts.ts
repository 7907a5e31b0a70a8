/** What discovery found; from here on planning is a pure function. */
import type { Arch } from '../../domain/arch.ts';
import type { CharmArtifact } from '../../domain/artifact.ts';
import type { Base } from '../../domain/base.ts';
import type { BundleRelease, CharmFiles, CharmRelease, SnapRelease } from '../../domain/releases.ts';
import type { BundleSource } from './bundle-source.ts';
import type { ImageFact } from '../image-artifacts.ts';
import type { SourceFile } from '../source-file.ts';
import type { ImageMention } from './wanted-images.ts';

/** One charm release that applications run on one architecture. */
export interface CharmFact {
  readonly artifact: CharmArtifact;
  readonly release: CharmRelease;
  readonly files: CharmFiles;
  readonly base: Base;
  readonly arch: Arch;
  /** Names of the applications, sorted. */
  readonly applications: readonly string[];
  /** The track by which the catalogue's rules hold: the charm's own, or the bundle's where the application names none. */
  readonly track: string;
  /** A file beside the bundle. */
  readonly local?: true;
}

export interface SnapFact {
  readonly release: SnapRelease;
  readonly reasons: readonly string[];
}

/** An oci-image resource: what it refers to. */
export interface OciResource {
  readonly application: string;
  readonly resource: string;
  /** HOST/PATH[:TAG]@DIGEST. */
  readonly reference: string;
}

export interface Facts {
  readonly bundle: BundleSource;
  readonly release?: BundleRelease;
  readonly charms: readonly CharmFact[];
  readonly snaps: readonly SnapFact[];
  readonly images: readonly ImageFact[];
  /** The image of a registry for the site is among the images. */
  readonly siteRegistry: boolean;
  /** The images that charms ask for by an option or would name in one. */
  readonly asked: readonly ImageMention[];
  readonly oci: readonly OciResource[];
  readonly sources: readonly SourceFile[];
  readonly warnings: readonly string[];
}
