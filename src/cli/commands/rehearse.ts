/** `rehearse PATH`: cuts the network where it can, then lets the archive's own scripts deploy to nowhere. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProcess } from '../../clients/process.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Check } from '../../pipeline/rehearse/check.ts';
import { rehearse, type Rehearsal } from '../../pipeline/rehearse/rehearse.ts';
import { TOOL } from '../../version.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { formatsFromValues } from '../formats-from-values.ts';
import { renderError } from '../render-error.ts';

/** Set for the run inside the cut. */
const INSIDE = 'SHRINKWRAP_NETWORK_IS_CUT';
/** Milliseconds: a step of deploy.sh may have to finish a file first. */
const PATIENCE = 60_000;
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const CUTS = [
  ['unshare', '-n'],
  ['unshare', '-r', '-n'],
] as const;

export async function rehearseCommand(context: CommandContext): Promise<CommandResult> {
  const [path, ...others] = context.values.positionals;
  if (path === undefined || others.length > 0)
    throw new ShrinkwrapError('USAGE_BAD', { message: 'rehearse takes one archive or unpacked directory', hint: 'shrinkwrap rehearse PATH' });
  const cut = context.environment[INSIDE] === undefined ? await findCut(context) : undefined;
  if (cut !== undefined) return runInside(cut, path, context);
  const isCut = context.environment[INSIDE] !== undefined;
  const scratch = await mkdtemp(join(tmpdir(), 'shrinkwrap-rehearsal-'));
  try {
    const toolPath = context.environment['PATH'] ?? '/usr/bin:/bin';
    const maxFormat = formatsFromValues(context.values);
    const options = { path, scratch, toolPath, tool: TOOL, now: new Date(), signal: context.signal, report: context.report };
    const result = await rehearse({ ...options, ...(maxFormat !== undefined && { maxFormat }) });
    return { output: context.values.on('json') ? canonicalJson(document(result, isCut)) : text(result, isCut), code: result.ok ? 0 : 6 };
  } finally {
    // A file that was being opened when we were interrupted may appear only now.
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

function document({ ok, checks }: Rehearsal, isCut: boolean): unknown {
  return {
    ok,
    network: isCut ? 'cut' : 'not cut',
    checks: checks.map(({ path, status, expected, found, error }) => ({
      path,
      status,
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
      ...(error !== undefined && { message: errorText(error) }),
    })),
  };
}

function text({ ok, checks }: Rehearsal, isCut: boolean): string {
  const bad = checks.filter(({ status }) => status !== 'ok');
  const unique = [...new Map(bad.map((check) => [`${check.path}\t${check.status}`, check])).values()];
  return `${[
    ...unique.map(line),
    ok ? `rehearsed: ${checks.length} checks hold` : `rehearsed: ${unique.length} of ${checks.length} checks do not hold`,
    isCut
      ? 'the network was cut: nothing but loopback was there'
      : 'the network could not be cut on this machine (that needs unshare and ip): a proxy caught what tried to leave',
    'proves: files, images in a registry, the scripts, the juju line · cannot prove: your cloud, its images and mirrors, the charms at work',
  ].join('\n')}\n`;
}

function line({ path, status, expected, found, error }: Check): string {
  const details = [
    expected === undefined ? '' : `wanted ${expected}`,
    found === undefined ? '' : `found ${found}`,
    error === undefined ? '' : errorText(error),
  ].filter((part) => part !== '');
  return `${status.padEnd(8)} ${path}${details.length === 0 ? '' : `: ${details.join(', ')}`}`;
}

function errorText(error: ShrinkwrapError): string {
  const { message, details = [] } = renderError(error);
  return [message, ...details].join(': ');
}

async function findCut({ signal, environment }: CommandContext): Promise<readonly string[] | undefined> {
  const env = { PATH: environment['PATH'] ?? '' };
  for (const cut of CUTS) {
    const [program, ...args] = cut;
    const works = await runProcess(program, [...args, 'sh', '-c', 'ip link set lo up'], { env, signal }).then(
      ({ exitCode }) => exitCode === 0,
      () => false,
    );
    if (works) return cut;
  }
  return undefined;
}

/** The same command once more in a network namespace of its own, with loopback up. */
async function runInside(cut: readonly string[], path: string, { signal, environment, values, print, printError }: CommandContext): Promise<CommandResult> {
  const [program = 'unshare', ...args] = cut;
  const flags = ['json', 'events', 'quiet', 'verbose', 'debug'].filter((name) => values.on(name as 'json')).map((name) => `--${name}`);
  const formats = values.all('max-format').flatMap((text) => ['--max-format', text]);
  const env = { ...Object.fromEntries(Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined)), [INSIDE]: '1' };
  const command = [...args, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath, MAIN, 'rehearse', ...flags, ...formats, '--', path];
  // It is told once to end, by us, and has time to take its things away; what it says then is ours to say.
  const onLine = (each: string, stream: 'stdout' | 'stderr'): void => {
    if (!signal.aborted) (stream === 'stdout' ? print : printError)(each);
  };
  const { exitCode } = await runProcess(program, command, { env, signal, ownGroup: true, patience: PATIENCE, onLine });
  return { output: '', code: exitCode ?? 1 };
}
