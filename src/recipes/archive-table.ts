/** kit/data/archive.tsv: what the kit says of the archive (docs/archive-format.md). Pure. */
import type { PlanFile } from '../domain/plan.ts';
import { formatTsv } from '../domain/tsv.ts';

export const archiveTable = (values: Readonly<Record<string, string>>): PlanFile => ({
  path: 'kit/data/archive.tsv',
  text: formatTsv(
    ['key', 'value'],
    Object.entries(values).map(([key, value]) => ({ key, value })),
  ),
});
