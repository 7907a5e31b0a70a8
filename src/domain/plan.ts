/** The plan is a value: what will be in the archive, with what every byte must match. It is also the lock file. */
import type { Arch } from './arch.ts';
import type { Artifact } from './artifact.ts';

/** Version of the plan document. */
export const PLAN_FORMAT = 'shrinkwrap-plan/1';

/** What was asked for: no local path, port or secret in it, so that it can travel in the archive. */
export interface PlanRequest {
  readonly system: string;
  readonly channel?: string;
  readonly archs: readonly Arch[];
  readonly base?: string;
  readonly overlays: readonly string[];
  /** Kinds left out: resources, snaps, containers, apt, pypi. Sorted. */
  readonly skip: readonly string[];
  readonly registry?: string;
  readonly imageSources: readonly string[];
  /** Switches that decide what is in the plan; only those that were on. */
  readonly gpu?: true;
  readonly mapCharmstore?: true;
  readonly correctOverlays?: true;
  readonly reviewedOnly?: true;
  /** The image of a registry for the site is in the plan. */
  readonly withRegistry?: true;
  /** NAME or NAME=CHANNEL of each snap asked for beside what the system needs. */
  readonly snaps?: readonly string[];
  /** NAME=CHANNEL of each snap whose channel was given. */
  readonly snapChannels?: readonly string[];
  /** Absent: each image is a file of its own. */
  readonly imageFormat?: 'layout';
  /** A track without a complete image list was accepted; absent: it was not. */
  readonly allowIncompleteImages?: true;
  /** Names below sources/lists/ of the lists of images that were given. */
  readonly lists?: readonly string[];
  readonly registryPrefix?: string;
  readonly excludes?: readonly string[];
}

/** A small file of the archive whose bytes the plan carries itself: bundle.yaml, TSV data, raw answers under sources/. */
export interface PlanFile {
  readonly path: string;
  readonly text: string;
  /** Absent for UTF-8 text. */
  readonly encoding?: 'base64';
}

export interface PlanTotals {
  readonly artifacts: number;
  readonly bytes: number;
  /** Per kind. */
  readonly kinds: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
}

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  readonly request: PlanRequest;
  /** NAME and TRACK of the archive's one top directory `NAME-TRACK`, and the rest of its file name (design 6). */
  readonly archive: { readonly name: string; readonly track: string; readonly risk: string; readonly branch?: string };
  /** The Charmhub bundle it was made from, when it was. */
  readonly bundle?: { readonly name: string; readonly id: string; readonly revision: number; readonly channel: string };
  /** Base × arch pairs that the plan serves, sorted. */
  readonly bases: readonly { readonly base: string; readonly arch: Arch }[];
  readonly warnings: readonly string[];
  /** Sorted by path. */
  readonly artifacts: readonly Artifact[];
  /** Sorted by path; none of the paths is an artifact's. */
  readonly files: readonly PlanFile[];
  readonly totals: PlanTotals;
}
