/** `--max-format TYPE=N`, repeated → the newest formats that the site's snapd reads; undefined when none is given. Pure. */
import { parseMaxFormat } from '../pipeline/trust.ts';
import type { Settings } from '../pipeline/settings.ts';
import { bad } from './bad-value.ts';
import type { Values } from './values.ts';

export function formatsFromValues(values: Values): Settings['maxFormat'] {
  const formats = values.all('max-format').map((text) => parseMaxFormat(text) ?? bad('max-format', text, 'TYPE=N such as snap-declaration=6'));
  return formats.length === 0 ? undefined : (Object.assign({}, ...formats) as NonNullable<Settings['maxFormat']>);
}
