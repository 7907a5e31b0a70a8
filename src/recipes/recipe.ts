/** What a system is to the rest of the program: something that can be discovered and planned. */
import type { Arch } from '../domain/arch.ts';
import type { Plan } from '../domain/plan.ts';
import type { Upstream } from './upstream.ts';

/** The user's wishes, parsed; the part of them that may travel in the archive becomes the plan's request. */
export interface RecipeRequest {
  /** A system's name, a bundle's name on Charmhub, or the path of a local bundle. */
  readonly system: string;
  readonly channel?: string;
  readonly archs: readonly Arch[];
  /** `ubuntu@22.04`, when neither bundle nor application says one. */
  readonly base?: string;
  /** Names of the official overlays, or paths of files. */
  readonly overlays: readonly string[];
  readonly skip: readonly SkipKind[];
  /** `[http://|https://]HOST[:PORT]` to bake in. */
  readonly registry?: string;
  /** HOST/PATH prefixes for CDK names; empty means the catalogue's. */
  readonly imageSources: readonly string[];
  /** A track without a complete image list is packed all the same. */
  readonly allowIncompleteImages: boolean;
  /** One layout in which images share their blobs; absent: each image is a file of its own. */
  readonly imageFormat?: 'layout';
  /** Keep what charms do about GPUs. */
  readonly gpu?: boolean;
  /** Charm Store URLs become the charms of Charmhub that they are now. */
  readonly mapCharmstore?: boolean;
  /** Apply the catalogue's corrections of official overlays. */
  readonly correctOverlays?: boolean;
  /** Refuse charms and tracks that the catalogue was not reviewed for. */
  readonly reviewedOnly?: boolean;
  /** The image of a registry for the site: true wants it, false leaves it out, absent takes it where it can be had. */
  readonly withRegistry?: boolean;
  /** `NAME` or `NAME=CHANNEL` of snaps beside those that the system needs. */
  readonly snaps?: readonly string[];
  /** `NAME=CHANNEL`: wins over every other rule for that snap. */
  readonly snapChannels?: readonly string[];
  /** Lists of images, as they are. */
  readonly lists?: readonly NamedList[];
  /** Of the lists only what begins with it. */
  readonly registryPrefix?: string;
  /** Of the lists not what matches one of them. */
  readonly excludes?: readonly string[];
}

/** A list that the user named; `-` stands for standard input. */
export interface NamedList {
  readonly file: string;
  readonly bytes: Buffer;
}

export type Wish = Exclude<keyof RecipeRequest, 'system'>;

export const SKIP_KINDS = ['resources', 'snaps', 'containers', 'apt', 'pypi'] as const;
export type SkipKind = (typeof SKIP_KINDS)[number];

/** Curated knowledge as YAML, or as JSON where the name says so: the shipped documents, then those the user added. */
export type CatalogueDocument = { readonly file: string; readonly text: string };

export interface Recipe {
  readonly id: string;
  readonly summary: string;
  accepts(system: string): boolean;
  /** The wishes that it hears; every other one is a mistake of whoever asks. */
  readonly takes: readonly Wish[];
  /** The catalogue files below bundles/ that the recipe reads, those of others first. */
  readonly catalogues: readonly string[];
  plan(request: RecipeRequest, catalogue: readonly CatalogueDocument[], upstream: Upstream): Promise<Plan>;
}
