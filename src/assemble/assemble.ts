/** Entries → sinks, with manifest.json and SHA256SUMS made of what was really written. */
import { createHash } from 'node:crypto';
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
  checkPaths([...payload.map(({ path }) => path), 'manifest.json', 'SHA256SUMS']);
  const written = new Map<string, Written>();
  const put = async (entry: Entry): Promise<void> => {
    signal.throwIfAborted();
    const hash = createHash('sha256');
    await sink.add(entry, hashed(entry.open(signal), hash));
    written.set(entry.path, { size: entry.size, sha256: hash.digest('hex') });
  };
  for (const [index, entry] of sortedBy(payload, ({ path }) => path).entries()) {
    await put(entry);
    options.onEntry?.(entry, index + 1, payload.length);
  }
  await put(bytesEntry('manifest.json', formatManifest(manifestOf(plan, { ...options, written }))));
  await put(bytesEntry('SHA256SUMS', formatSums(written)));
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
