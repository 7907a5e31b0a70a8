/** The verbs: values in, what stdout gets out. */
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson } from '../domain/canonical-json.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { makePlan } from '../pipeline/make-plan.ts';
import { openSession } from '../pipeline/session.ts';
import { requestFromValues } from './request-from-values.ts';
import { checkRecipeOptions } from './recipe-options.ts';
import { readLists } from './read-lists.ts';
import type { Command, CommandContext, CommandResult } from './command.ts';
import { settingsFromValues, whole } from './settings-from-values.ts';
import type { Verb } from './options.ts';

export const COMMANDS: Record<Exclude<Verb, 'bundle' | 'why' | 'mirror'>, Command> = {
  pack: packCommand,
  plan: planCommand,
  serve: serveCommand,
  verify: async (context) => (await import('./commands/verify.ts')).verifyCommand(context),
  rehearse: async (context) => (await import('./commands/rehearse.ts')).rehearseCommand(context),
};

async function packCommand(context: CommandContext): Promise<CommandResult> {
  const { values } = context;
  if (values.on('dry-run')) return planCommand(context);
  const usePath = values.text('use-path');
  if (values.on('skip-tar-gz') && usePath === undefined)
    throw new ShrinkwrapError('USAGE_BAD', {
      message: '--skip-tar-gz needs --use-path DIR',
      hint: 'without an archive the tree is the result, so it needs a place',
    });
  const output = values.text('output');
  const destination = {
    ...(output !== undefined && { output: await directoryOf(output) }),
    ...(usePath !== undefined && { usePath }),
    skipArchive: values.on('skip-tar-gz'),
    compression: whole('compression', values, 6, 0, 9),
    hashed: values.on('json'),
  };
  // What packs is loaded while the registries and stores are asked.
  const load = () => import('../pipeline/pack.ts');
  const packed = await withPlan(context, async (plan, settings, session) => (await load()).pack(plan, destination, settings, session), load);
  return { output: values.on('json') ? canonicalJson(packed) : `${packed.path}\n` };
}

async function planCommand(context: CommandContext): Promise<CommandResult> {
  const { values } = context;
  const output = values.text('output');
  const plan = await withPlan(context, (made) => Promise.resolve(made));
  if (output !== undefined) {
    await mkdir(dirname(output), { recursive: true });
    await writeFile(`${output}.part`, canonicalJson(plan));
    await rename(`${output}.part`, output);
  }
  return { output: values.on('json') ? canonicalJson(plan) : (await import('./plan-table.ts')).planTable(plan) };
}

async function withPlan<T>(
  { values, environment, report, signal, stdin }: CommandContext,
  use: (plan: Plan, ...rest: [Awaited<ReturnType<typeof settingsFromValues>>, Awaited<ReturnType<typeof openSession>>]) => Promise<T>,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<T> {
  const planFile = values.text('plan');
  const [system, ...others] = values.positionals;
  if (system === undefined && planFile === undefined)
    throw new ShrinkwrapError('USAGE_BAD', { message: 'no system was named', hint: 'shrinkwrap charmed-kubernetes --channel 1.26/stable' });
  if (others.length > 0) throw new ShrinkwrapError('USAGE_BAD', { message: `too many words: ${others.join(' ')}`, hint: 'one system at a time' });
  if (system !== undefined) checkRecipeOptions(system, values);
  const lists = await readLists(values.all('from-list'), stdin);
  const request = { ...requestFromValues(system ?? '', values), ...(lists.length > 0 && { lists }) };
  const settings = await settingsFromValues(values, environment);
  const session = await openSession(settings, { report, signal });
  try {
    const planning =
      planFile === undefined
        ? makePlan({ request, catalogues: values.all('catalogue') }, session)
        : import('../pipeline/read-plan.ts').then(({ readPlan }) => readPlan(planFile));
    meanwhile().catch(() => undefined);
    return await use(await planning, settings, session);
  } finally {
    await session.close();
  }
}

/** A DIR if it is one or ends in a slash, else the FILE. */
async function directoryOf(output: string): Promise<string> {
  const found = await stat(output).catch(() => undefined);
  return found?.isDirectory() === true && !output.endsWith('/') ? `${output}/` : output;
}

async function serveCommand({ values, signal, print }: CommandContext): Promise<CommandResult> {
  const { createUpstreamServer } = await import('../serve/server.ts');
  if (values.positionals.length === 0) throw new ShrinkwrapError('USAGE_BAD', { message: 'serve needs at least one directory', hint: 'shrinkwrap serve DIR…' });
  const listen = /^(.+):(\d+)$/.exec(values.text('listen') ?? '127.0.0.1:0');
  if (listen?.[1] === undefined)
    throw new ShrinkwrapError('USAGE_BAD', { message: `--listen does not take ${values.text('listen') ?? ''}`, hint: 'wanted ADDR:PORT' });
  const server = createUpstreamServer({ dirs: await filledDirectories(values.positionals) });
  const { url } = await server.listen(listen[1].replace(/^\[|\]$/g, ''), Number(listen[2]));
  print(JSON.stringify({ url }));
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await server.close();
  return { output: '' };
}

/** An empty directory is an archive of nothing: served alone it is an empty registry to push to. */
async function filledDirectories(dirs: readonly string[]): Promise<string[]> {
  const names = await Promise.all(
    dirs.map((dir) =>
      readdir(dir).catch((error: unknown) => {
        throw new ShrinkwrapError('INPUT_ABSENT', { path: dir }, { cause: error });
      }),
    ),
  );
  return dirs.filter((_, index) => (names[index] ?? []).some((name) => !name.startsWith('.')));
}
