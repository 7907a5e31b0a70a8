/** Rows for people. */
import type { Budget, Row } from './measurement.ts';

const number = (value: number, unit: Row['unit']): string => `${value.toFixed(unit === 's' ? 2 : 0)} ${unit}`;

const isWithin = (figure: number, budget: Budget): boolean => ('atMost' in budget ? figure <= budget.atMost : figure >= budget.atLeast);

const said = (budget: Budget): string => ('atMost' in budget ? `at most ${budget.atMost}` : `at least ${budget.atLeast}`);

export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map(({ what, ours, other, unit, figure, budget }) => [
    what,
    number(ours, unit),
    other === undefined ? '' : number(other, unit),
    figure === ours ? '' : figure.toFixed(2),
    budget === undefined ? '' : said(budget),
    budget === undefined ? '' : isWithin(figure, budget) ? 'holds' : 'OVER',
  ]);
  const all = [['', 'ours', 'other', 'ratio', 'budget', ''], ...cells];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
