/** `FILE:LINE:COLUMN: ` before a problem's message, as far as they are known. */
import type { Problem } from '../domain/errors.ts';

export function placeOf({ file, line, column }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return place === '' ? '' : `${place}: `;
}
