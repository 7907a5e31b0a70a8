/** manifest.json of an archive: what is in it, from where, who signed it (docs/archive-format.md). */
import type { Arch } from './arch.ts';
import type { ArtifactKind } from './artifact.ts';
import type { Plan, PlanRequest } from './plan.ts';

export const ARCHIVE_FORMAT = 'shrinkwrap-archive/1';

export interface ManifestArtifact {
  readonly kind: ArtifactKind;
  readonly name: string;
  readonly version: string;
  readonly revision?: number;
  readonly channel?: string;
  readonly arch?: Arch;
  readonly path: string;
  /** Of the file at `path`. */
  readonly size: number;
  readonly digests: Readonly<Record<string, string>>;
  readonly source: string;
  readonly signer: string;
  readonly verified: boolean;
  readonly derived?: boolean;
  readonly reasons: readonly string[];
  /** Fields of the kind; see the table in docs/archive-format.md. */
  readonly [field: string]: unknown;
}

export interface Manifest {
  readonly format: typeof ARCHIVE_FORMAT;
  readonly tool: string;
  readonly created: string;
  readonly request: PlanRequest;
  readonly bundle?: Plan['bundle'];
  readonly bases: Plan['bases'];
  readonly warnings: readonly string[];
  readonly artifacts: readonly ManifestArtifact[];
}
