/** A plan for people: one line an artifact, totals below. Pure. */
import type { Artifact, ArtifactKind } from '../domain/artifact.ts';
import { ARTIFACT_KINDS } from '../domain/artifact.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import type { Plan } from '../domain/plan.ts';

export function planTable(plan: Plan): string {
  const groups = (Object.keys(ARTIFACT_KINDS) as ArtifactKind[]).flatMap((kind) => {
    const artifacts = plan.artifacts.filter((artifact) => artifact.kind === kind);
    const total = plan.totals.kinds[kind];
    if (artifacts.length === 0 || total === undefined) return [];
    return [`${ARTIFACT_KINDS[kind].plural}: ${total.count}, ${formatBytes(total.bytes)}`, ...rows(artifacts.map(cells))];
  });
  return `${[...groups, `in all: ${plan.totals.artifacts} artifacts, ${formatBytes(plan.totals.bytes)}`].join('\n')}\n`;
}

function cells(artifact: Artifact): string[] {
  const { name, version, size, reasons } = artifact;
  const label = artifact.kind === 'resource' ? `${artifact.application}/${artifact.resource}` : name;
  const channel = 'channel' in artifact ? artifact.channel : '';
  const release = 'revision' in artifact ? `r${artifact.revision}` : version;
  const more = reasons.length > 1 ? ` (+${reasons.length - 1})` : '';
  return [label, artifact.kind === 'image' ? '' : release, channel, formatBytes(size), `${reasons[0] ?? ''}${more}`];
}

function rows(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table.map((row) =>
    `  ${row.map((cell, column) => (column === row.length - 1 ? cell : column === row.length - 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd(),
  );
}
