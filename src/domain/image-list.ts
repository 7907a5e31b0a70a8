/** A list of images as people and release jobs write it: one reference a line; blank lines and `#` comments say nothing, carriage returns neither. */

export interface ListLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** The lines that say something, trimmed, without a comment behind them. */
export const listLines = (text: string): ListLine[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line: index + 1, text: line.replace(/(?:^|\s)#.*$/, '').trim() }))
    .filter((line) => line.text !== '');
