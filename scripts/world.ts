/** Builds a world: `node dist/scripts/world.js --bundle F … --out DIR`. Prints DIR on stdout and one line of summary on stderr. */
import { readArguments, USAGE, UsageError } from './world/arguments.ts';
import { buildWorld } from './world/build-world.ts';

/** Without SOURCE_DATE_EPOCH every world is of this moment: equal arguments give equal files. */
const DEFAULT_EPOCH = Date.UTC(2026, 0, 1) / 1000;

async function main(): Promise<void> {
  const started = performance.now();
  const request = readArguments(process.argv.slice(2));
  const now = new Date(Number(process.env['SOURCE_DATE_EPOCH'] ?? DEFAULT_EPOCH) * 1000);
  if (Number.isNaN(now.getTime())) throw new UsageError('SOURCE_DATE_EPOCH is no number of seconds');
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  const { counts, bytes } = await buildWorld(request, now, interruption.signal);
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}s`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`world of ${request.channel}: ${kinds.join(', ')}, ${(bytes / 1e6).toFixed(1)} MB in ${seconds} s\n`);
  process.stdout.write(`${request.out}\n`);
}

main().catch((error: unknown) => {
  const usage = error instanceof UsageError;
  process.stderr.write(usage ? `world: ${error.message}\n${USAGE}\n` : `world: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = usage ? 2 : 1;
});
