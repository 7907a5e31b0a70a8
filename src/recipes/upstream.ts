/** The ports through which a recipe reads. The pipeline fills them with the clients; tests may fill them with anything of the shape. */
import type { Platform } from '../domain/arch.ts';
import type { CharmArtifact } from '../domain/artifact.ts';
import type { ImageRef } from '../domain/image-ref.ts';
import type {
  BundleRelease,
  CharmFiles,
  CharmRelease,
  CharmWanted,
  Download,
  ResolvedImage,
  ResourceRelease,
  SnapRelease,
  SnapWanted,
} from '../domain/releases.ts';
import type { Report } from '../domain/events.ts';

export interface BundleInput {
  /** Path of the text, or of the zip that holds it. */
  readonly file: string;
  readonly text: string;
  /** Out of a zip: no file lies beside it. */
  readonly packed: boolean;
}

export interface Upstream {
  readonly charmhub: {
    bundle(name: string, channel: string | undefined): Promise<BundleRelease>;
    /** In the order asked for. */
    resolve(wanted: readonly CharmWanted[]): Promise<CharmRelease[]>;
    /** Every revision of a charm's resource that Charmhub still serves. */
    resourceRevisions(charm: string, resource: string): Promise<ResourceRelease[]>;
  };
  readonly snaps: {
    /** In the order asked for. */
    resolve(wanted: readonly SnapWanted[]): Promise<SnapRelease[]>;
  };
  /** The bundle repository at GitHub or a checkout of it. `undefined`: no such path or no such ref. */
  readonly bundleRepository: {
    list(path: string, ref?: string): Promise<readonly string[] | undefined>;
    read(path: string, ref?: string): Promise<Buffer | undefined>;
  };
  readonly images: {
    /** `undefined` when the registry has no such name or tag; every other failure throws. */
    resolve(
      ref: ImageRef,
      platform: Platform,
      options?: { /** Charts and the like, which are no images. */ readonly artifacts?: 'allow' },
    ): Promise<ResolvedImage | undefined>;
  };
  /** A bundle of this machine that the user named: a file, a folder, a packed one. */
  bundleFile(path: string): Promise<BundleInput>;
  /** A file of this machine that the user named, an overlay. */
  readFile(path: string): Promise<Buffer>;
  /** What an include directive of the text `beside` names; never outside that text's folder. */
  includedFile(path: string, beside: string): Promise<Buffer | { readonly refused: string }>;
  /** A file of this machine that goes into the archive: into the store under its digest. `source` is `local:NAME`. */
  localFile(path: string): Promise<Download | { readonly refused: string }>;
  /** Reads a charm: from the store, or fetched into it and verified first. */
  charmFiles(charm: CharmArtifact): Promise<CharmFiles>;
  /** The reference in an oci-image resource. The login beside it is used for this one repository and told to nobody. */
  imageOfResource(resource: ResourceRelease): Promise<string>;
  /** Runs the jobs with the run's bounded concurrency, results in order; the first failure stops the rest. */
  all<T, R>(items: readonly T[], job: (item: T) => Promise<R>): Promise<R[]>;
  readonly report: Report;
}
