/** Entries → sinks, with manifest.json and SHA256SUMS made of what was really written. */
import { topDirectory } from '../domain/archive-name.ts';
import type { Plan } from '../domain/plan.ts';
import { sortedBy } from '../domain/sorted.ts';
import { bytesEntry, checkPaths, type Entry } from './entry.ts';
import { formatManifest, formatSums, manifestOf, type ManifestContext, type Written } from './manifest.ts';
import type { Sink } from './sink.ts';

export interface AssembleOptions extends Omit<ManifestContext, 'written'> {
  readonly plan: Plan;
  readonly payload: readonly Entry[];
  readonly signal: AbortSignal;
  readonly onEntry?: (entry: Entry, done: number, of: number) => void;
}

/** Payload sorted by path, then manifest.json, then SHA256SUMS. The caller finishes or aborts the sink. */
export async function assemble(sink: Sink, options: AssembleOptions): Promise<void> {
  const { plan, payload, signal } = options;
  checkPaths([...payload.map(({ path }) => path), 'manifest.json', 'SHA256SUMS'], topDirectory(plan.archive));
  const added: { readonly entry: Entry; readonly sha256: Promise<string> }[] = [];
  const put = async (entry: Entry): Promise<void> => {
    signal.throwIfAborted();
    const { sha256 } = await sink.add(entry, entry.open(signal));
    // The failure is seen when the digests are collected.
    sha256.catch(() => undefined);
    added.push({ entry, sha256 });
  };
  const written = async (): Promise<Map<string, Written>> =>
    new Map(await Promise.all(added.map(async ({ entry: { path, size }, sha256 }) => [path, { size, sha256: await sha256 }] as const)));
  for (const [index, entry] of sortedBy(payload, ({ path }) => path).entries()) {
    await put(entry);
    options.onEntry?.(entry, index + 1, payload.length);
  }
  await put(bytesEntry('manifest.json', formatManifest(manifestOf(plan, { ...options, written: await written() }))));
  await put(bytesEntry('SHA256SUMS', formatSums(await written())));
}
