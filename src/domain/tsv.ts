/** The tables of the archive: tabs, LF, one header row, no quoting (docs/archive-format.md). */
import { ShrinkwrapError } from './errors.ts';

/** What stands for "no value". */
export const TSV_NONE = '-';

/** Refuses a field that would break the table; an empty one becomes `-`. */
export function formatTsv<C extends string>(columns: readonly C[], rows: readonly Readonly<Record<C, string | number>>[]): string {
  const line = (fields: readonly string[]): string => {
    const bad = fields.find((field) => /[\t\r\n]/.test(field));
    if (bad !== undefined) throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'table field', text: JSON.stringify(bad), wanted: 'no tab and no newline' });
    return `${fields.join('\t')}\n`;
  };
  return [line(columns), ...rows.map((row) => line(columns.map((column) => (row[column] === '' ? TSV_NONE : String(row[column])))))].join('');
}

/** Rows by column name; `-` stays `-`. Refuses another header and rows of another width. */
export function parseTsv<C extends string>(text: string, columns: readonly C[], file: string): Record<C, string>[] {
  const lines = text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1);
  const refuse = (line: number, message: string): never => {
    throw new ShrinkwrapError('INPUT_INVALID', { what: file, problems: [{ file, line, code: 'tsv', message }] });
  };
  if (lines[0] !== columns.join('\t')) refuse(1, `wanted the columns ${columns.join(' ')}`);
  return lines.slice(1).map((line, index) => {
    const fields = line.split('\t');
    if (fields.length !== columns.length) refuse(index + 2, `wanted ${columns.length} fields, found ${fields.length}`);
    return Object.fromEntries(columns.map((column, at) => [column, fields[at] ?? ''])) as Record<C, string>;
  });
}
