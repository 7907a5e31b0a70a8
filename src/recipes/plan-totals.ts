/** How much a plan carries, in all and of each kind. Pure. */
import { ARTIFACT_KINDS, type Artifact, type ArtifactKind } from '../domain/artifact.ts';
import type { PlanTotals } from '../domain/plan.ts';

export function totalsOf(artifacts: readonly Artifact[]): PlanTotals {
  const kinds = Object.fromEntries(
    (Object.keys(ARTIFACT_KINDS) as ArtifactKind[]).flatMap((kind) => {
      const of = artifacts.filter((artifact) => artifact.kind === kind);
      return of.length === 0 ? [] : [[kind, { count: of.length, bytes: of.reduce((sum, { size }) => sum + size, 0) }]];
    }),
  );
  return { artifacts: artifacts.length, bytes: artifacts.reduce((sum, { size }) => sum + size, 0), kinds };
}
