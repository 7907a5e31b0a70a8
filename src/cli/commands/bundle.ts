/** `shrinkwrap bundle FILE`: the merged, verified bundle on stdout, warnings on stderr. */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { composeFiles } from '../../pipeline/compose-files.ts';
import type { Command } from '../command.ts';
import { placeOf } from '../place-of.ts';

export const bundleCommand: Command = async ({ values, report }) => {
  const [file, ...others] = values.positionals;
  if (file === undefined || others.length > 0)
    throw new ShrinkwrapError('USAGE_BAD', {
      message: file === undefined ? 'no bundle was named' : `too many words: ${others.join(' ')}`,
      hint: 'shrinkwrap bundle FILE [--overlay FILE]...',
    });
  const { yaml, json, warnings } = await composeFiles(file, values.all('overlay'));
  for (const warning of warnings) report({ type: 'warning', code: warning.code, message: placeOf(warning) + warning.message });
  return { output: values.on('json') ? canonicalJson(json()) : yaml() };
};
