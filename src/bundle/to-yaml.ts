/** Values to YAML text that readers of YAML 1.1 (Juju, PyYAML) take for the same values. */
import { Scalar, stringify } from 'yaml';
import { readNumber } from './read-number.ts';

/** Without `compat` the texts `yes`, `on` and `1:30` would come out bare and change their type when Juju reads them. */
const OPTIONS = { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false, indentSeq: false } as const;

export const toYaml = (value: unknown): string => stringify(value, unmistakable, OPTIONS);

/** A text that only Juju takes for a number needs quotes; a float too big for its fraction to show would come back as an integer. */
function unmistakable(_key: unknown, value: unknown): unknown {
  if (typeof value === 'string' && readNumber(value) !== undefined) return Object.assign(new Scalar(value), { type: Scalar.QUOTE_DOUBLE });
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  return Object.assign(new Scalar(value), { minFractionDigits: 1 });
}

/** A value on one line, or `undefined` when it needs several. */
export function toScalarYaml(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) return undefined;
  const text = toYaml(value).replace(/\n$/, '');
  return text.includes('\n') ? undefined : text;
}

/** `KEY: VALUE` in block style, every line moved right and ended with `eol`. */
export function pairYaml(key: string, value: unknown, indent: number, eol: string): string {
  const lines = toYaml(new Map([[key, value]])).split('\n');
  return lines.map((line) => (line === '' ? line : ' '.repeat(indent) + line)).join(eol);
}
