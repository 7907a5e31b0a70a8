#!/usr/bin/env node
/** argv → exit code. The only place with process.*; everything heavy is imported when it is needed. */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { isShrinkwrapError, ShrinkwrapError } from '../domain/errors.ts';
import { bad } from './bad-value.ts';
import { EXIT_BUG, exitCode } from './exit-code.ts';
import { VERBS, type Verb } from './options.ts';
import type { Reporter } from './reporter.ts';
import type { Config, Values } from './values.ts';

const isVerb = (word: string | undefined): word is Verb => VERBS.some((verb) => verb === word);

/** The first word is a verb if it is one; else it is a system and the verb is pack. */
function split(argv: readonly string[]): { verb: Verb; rest: readonly string[] } {
  const [first, ...rest] = argv;
  return isVerb(first) ? { verb: first, rest } : { verb: 'pack', rest: argv };
}

async function main(argv: readonly string[]): Promise<number> {
  const { verb, rest } = split(argv);
  if (wants(rest, '-h', '--help') || argv.length === 0) return say((await import('./help.ts')).helpText());
  if (wants(rest, '-V', '--version')) return say(await versionText());
  const controller = new AbortController();
  const interrupted = listenForSignals(controller);
  const json = rest.includes('--json');
  let reporter: Reporter | undefined;
  // Loading waits for the disk most of the time: everything at once. A failure is seen where the command is called.
  const loading = import('./load-command.ts').then(({ loadCommand }) => loadCommand(verb));
  loading.catch(() => undefined);
  try {
    const { readValues } = await import('./values.ts');
    const values = readValues(rest, verb, process.env, await configOf('shrinkwrap.yaml'));
    reporter = await reporterFor(verb, values);
    const command = await loading;
    const { output, code = 0 } = await command({
      values,
      environment: process.env,
      report: reporter.report,
      signal: controller.signal,
      print: (line) => process.stdout.write(`${line}\n`),
      stdin: readStdin(),
      printError: (line) => process.stderr.write(`${line}\n`),
    });
    await reporter.close(code !== 0);
    process.stdout.write(output);
    return verb === 'serve' ? 0 : (interrupted() ?? code);
  } catch (error) {
    await reporter?.close(true);
    return fail(
      interrupted() === undefined ? error : new ShrinkwrapError('INTERRUPTED', { signal: interrupted() === 143 ? 'SIGTERM' : 'SIGINT' }),
      json,
      rest.includes('--debug'),
      interrupted(),
    );
  }
}

/** `--` ends the options, so that a system may have any name. */
function wants(argv: readonly string[], ...flags: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => flags.includes(word));
}

/** First signal: stop, clean up, tell. Second: leave at once. */
function listenForSignals(controller: AbortController): () => number | undefined {
  let code: number | undefined;
  for (const [signal, number] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (code !== undefined) process.exit(number);
      code = number;
      controller.abort(new ShrinkwrapError('INTERRUPTED', { signal }));
    });
  }
  return () => code;
}

/** A second reader gets what the first one got. */
function readStdin(): () => Promise<Buffer> {
  let reading: Promise<Buffer> | undefined;
  return () => (reading ??= buffer(process.stdin));
}

/** The reader is loaded where there is something to read. */
async function configOf(path: string): Promise<Config> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  return (await import('./read-config.ts')).readConfig(text);
}

/** listr2 and its colours ask the environment when they are loaded. */
function chooseColor(when: string | undefined): void {
  if (when === undefined || when === 'auto') return;
  if (when !== 'always' && when !== 'never') bad('color', when, 'auto, always or never');
  process.env[when === 'never' ? 'NO_COLOR' : 'FORCE_COLOR'] = '1';
  delete process.env[when === 'never' ? 'FORCE_COLOR' : 'NO_COLOR'];
}

async function reporterFor(verb: Verb, values: Values): Promise<Reporter> {
  chooseColor(values.text('color'));
  const write = (line: string): void => void process.stderr.write(`${line}\n`);
  if (values.on('events')) return (await import('./ndjson-reporter.ts')).createNdjsonReporter(write);
  const live =
    process.stderr.isTTY && process.stderr.columns > 20 && process.env['TERM'] !== 'dumb' && !values.on('quiet') && (verb === 'pack' || verb === 'plan');
  if (live) return (await import('./live-reporter.ts')).createLiveReporter({ out: process.stderr, ...(verb === 'plan' && { stages: ['discover', 'plan'] }) });
  return (await import('./lines-reporter.ts')).createLinesReporter({ write, quiet: values.on('quiet') || verb === 'serve', verbose: values.on('verbose') });
}

async function fail(error: unknown, json: boolean, debug: boolean, code: number | undefined): Promise<number> {
  const { errorDocument, errorLines } = await import('./error-output.ts');
  if (json) process.stdout.write(errorDocument(error));
  process.stderr.write(errorLines(error, debug));
  return code ?? (isShrinkwrapError(error) ? exitCode(error.code) : EXIT_BUG);
}

async function versionText(): Promise<string> {
  const { TOOL } = await import('../version.ts');
  const { undiciVersion } = await import('../clients/undici-version.ts');
  return `${TOOL}, node ${process.versions.node}, undici ${undiciVersion()}\n`;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

// Leaving by exitCode lets stdout drain; a pipe that closes early is the reader's decision, not our bug.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT_BUG));
process.exitCode = await main(process.argv.slice(2));
