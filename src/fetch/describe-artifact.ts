/** What a person calls an artifact, in progress and in errors. */
import type { Artifact } from '../domain/artifact.ts';

export function describeArtifact(artifact: Artifact): string {
  const { kind, name } = artifact;
  const revision = 'revision' in artifact ? ` r${artifact.revision}` : '';
  const arch = 'arch' in artifact && artifact.arch !== undefined && artifact.arch !== 'amd64' ? ` ${artifact.arch}` : '';
  const owner = kind === 'resource' ? ` for ${artifact.application}` : '';
  return `${kind} ${name}${revision}${arch}${owner}`;
}
