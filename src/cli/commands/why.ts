/** `shrinkwrap why NAME PLAN|PATH`. */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { why, type Found } from '../../pipeline/why.ts';
import type { Command } from '../command.ts';

export const whyCommand: Command = async ({ values, signal }) => {
  const [name, path, ...others] = values.positionals;
  if (name === undefined || path === undefined || others.length > 0)
    throw new ShrinkwrapError('USAGE_BAD', {
      message: others.length > 0 ? `too many words: ${others.join(' ')}` : 'why needs a name and a plan, an archive or an unpacked one',
      hint: 'shrinkwrap why NAME PLAN|PATH',
    });
  const found = await why(name, path, signal);
  return { output: values.on('json') ? canonicalJson({ name, found }) : found.map(lines).join('') };
};

function lines({ kind, name, version, path, reasons }: Found): string {
  const shown = kind === 'image' ? name : `${name} ${version}`;
  return `${kind} ${shown}${path === undefined ? '' : `  ${path}`}\n${reasons.map((reason) => `  ${reason}\n`).join('')}`;
}
