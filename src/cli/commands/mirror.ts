/** `shrinkwrap mirror PATH|LIST REGISTRY[/PATH]`. */
import { ociPlatform } from '../../domain/arch.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { fileKind } from '../../pipeline/file-kind.ts';
import { parseDestination } from '../../pipeline/mirror/destination.ts';
import { mirrorSource, type MirrorSource } from '../../pipeline/mirror/mirror-source.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { mirrorDocument, mirrorText } from '../mirror-output.ts';
import { readLists } from '../read-lists.ts';
import { archsOf } from '../request-from-values.ts';
import { settingsFromValues } from '../settings-from-values.ts';

const HINT = 'shrinkwrap mirror ARCHIVE|DIR|LIST REGISTRY[/PATH]';

export async function mirrorCommand(context: CommandContext): Promise<CommandResult> {
  const { values, environment, report, signal } = context;
  const [path, registry, ...others] = values.positionals;
  if (path === undefined || registry === undefined || others.length > 0)
    throw new ShrinkwrapError('USAGE_BAD', { message: 'mirror takes what to push and where to push it', hint: HINT });
  const destination = parseDestination(registry);
  if (destination === undefined)
    throw new ShrinkwrapError('USAGE_BAD', {
      message: `${JSON.stringify(registry)} is no HOST[:PORT][/PATH]`,
      hint: 'without a scheme; --insecure-registry HOST allows plain http',
    });
  const settings = await settingsFromValues(values, environment);
  const dryRun = values.on('dry-run');
  const result = await mirrorSource({ source: await sourceOf(path, context), destination, dryRun }, settings, { report, signal });
  const failed = result.images.flatMap(({ error }) => error ?? []);
  const [first] = failed;
  return {
    output: values.on('json') ? canonicalJson(mirrorDocument(result, dryRun)) : mirrorText(result, dryRun),
    code: first === undefined ? 0 : exitCode(settings.keepGoing ? 'PARTIAL_FAILED' : first.code),
  };
}

async function sourceOf(path: string, { values, stdin }: CommandContext): Promise<MirrorSource> {
  const kind = path === '-' ? 'other' : await fileKind(path);
  const [arch, ...others] = values.all('arch').length === 0 ? [] : archsOf(values.all('arch'));
  if (others.length > 0) throw new ShrinkwrapError('USAGE_BAD', { message: 'mirror takes one --arch, or all there are', hint: HINT });
  if (kind === 'other') {
    const [list] = await readLists([path], stdin);
    if (list === undefined) throw new Error('one file is one list');
    return { list, ...(arch !== undefined && { platform: ociPlatform(arch) }) };
  }
  if (arch !== undefined)
    throw new ShrinkwrapError('USAGE_BAD', { message: '--arch goes with a list', hint: `${path} has the architectures it was packed for` });
  return kind === 'directory' ? { directory: path } : { archive: path };
}
