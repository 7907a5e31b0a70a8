/** shrinkwrap verify: FILE.assert with its snap, or an archive, packed or unpacked. */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { chainOptionsOf } from '../../pipeline/trust.ts';
import { verifyArchive } from '../../pipeline/verify/verify-archive.ts';
import { verifyStream } from '../../pipeline/verify/verify-stream.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { settingsFromValues } from '../settings-from-values.ts';
import { verifyTable } from '../verify-table.ts';

const EXIT_INTEGRITY = 6;

export async function verifyCommand({ values, environment, signal, report: tell }: CommandContext): Promise<CommandResult> {
  const [path, ...others] = values.positionals;
  if (path === undefined || others.length > 0)
    throw new ShrinkwrapError('USAGE_BAD', { message: 'verify takes one path', hint: 'shrinkwrap verify ARCHIVE|DIR, or FILE.assert [--snap FILE.snap]' });
  const settings = await settingsFromValues(values, environment);
  const snap = values.text('snap');
  const isStream = path.endsWith('.assert');
  if (!isStream && (snap !== undefined || values.all('assert').length > 0))
    throw new ShrinkwrapError('USAGE_BAD', { message: '--snap and --assert go with FILE.assert', hint: `${path} is verified with what is in it` });
  const options = chainOptionsOf(settings);
  const report = isStream
    ? await verifyStream({ file: path, others: values.all('assert'), ...(snap !== undefined && { snap }) }, options, signal)
    : await verifyArchive(path, { ...options, strict: values.on('strict') }, { signal, report: tell });
  const text = values.on('json') ? canonicalJson(report) : verifyTable(report, isStream || values.on('verbose'));
  return { output: text, code: report.ok ? 0 : EXIT_INTEGRITY };
}
