/** The tables of the archive that the kit and other tools read (docs/archive-format.md). Pure. */
import type { SnapArtifact } from '../../domain/artifact.ts';
import type { PlanFile } from '../../domain/plan.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import { formatTsv } from '../../domain/tsv.ts';
import type { PackageNeed } from './debs.ts';
import type { RegistryOptionRow } from './registry-options.ts';

export const SNAP_COLUMNS = ['name', 'revision', 'arch', 'channel', 'base', 'type', 'confinement', 'order', 'file', 'assert', 'sha3_384', 'size'] as const;

/** A snap once for every channel that led to it. */
export function snapsTable(snaps: readonly { readonly artifact: SnapArtifact; readonly channel: string }[]): PlanFile {
  const rows = snaps
    .map(({ artifact, channel }) => ({
      name: artifact.name,
      revision: artifact.revision,
      arch: artifact.arch,
      channel,
      base: artifact.base,
      type: artifact.type,
      confinement: artifact.confinement,
      order: artifact.order,
      file: artifact.path,
      assert: artifact.assertPath,
      sha3_384: artifact.digests.find(({ algorithm }) => algorithm === 'sha3-384')?.hex ?? '',
      size: artifact.size,
    }))
    .toSorted((a, b) => a.order - b.order || byCodeUnit(a.name, b.name) || byCodeUnit(a.arch, b.arch) || byCodeUnit(a.channel, b.channel));
  return { path: 'snaps/snaps.tsv', text: formatTsv(SNAP_COLUMNS, rows) };
}

export const debsTable = (needs: readonly PackageNeed[]): PlanFile => ({
  path: 'apt/packages.tsv',
  text: formatTsv(['package', 'base', 'origin', 'charm', 'why'], needs),
});

export const pythonTable = (needs: readonly PackageNeed[]): PlanFile => ({
  path: 'pypi/packages.tsv',
  text: formatTsv(['package', 'version', 'origin', 'charm'], needs),
});

export const registryTable = (rows: readonly RegistryOptionRow[]): PlanFile => ({
  path: 'kit/data/registry-options.tsv',
  text: formatTsv(['application', 'option', 'form', 'value'], rows),
});
