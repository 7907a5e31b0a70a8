/** discover → plan → fetch → verify → assemble → archive. */
import { join, dirname } from 'node:path';
import { openArchiveSink, type ArchiveResult } from '../assemble/archive-sink.ts';
import { assemble } from '../assemble/assemble.ts';
import type { Sink } from '../assemble/sink.ts';
import type { Entry } from '../assemble/entry.ts';
import { archiveFileName, topDirectory } from '../domain/archive-name.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import type { Plan } from '../domain/plan.ts';
import { fetchAll } from '../fetch/fetch-all.ts';
import { payloadOf } from './payload.ts';
import { pullWarnings } from './pull-warnings.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import type { AddonOptions } from './verify-addons.ts';

export interface Destination {
  /** A FILE, or a DIR ending in `/`; absent: build/NAME-TRACK/…. */
  readonly output?: string;
  /** The unpacked tree that is kept. */
  readonly usePath?: string;
  /** No archive; the tree is the result. */
  readonly skipArchive: boolean;
  readonly compression: number;
  /** The result says the SHA-256 of the archive. */
  readonly hashed: boolean;
}

export type Packed = { readonly path: string } & Partial<ArchiveResult>;

/** Where the archive of a plan goes. */
export function archivePath({ archive, request }: Plan, date: Date, output: string | undefined): string {
  const file = archiveFileName(archive, request.archs, date);
  if (output === undefined) return join('build', topDirectory(archive), file);
  return output.endsWith('/') ? join(output, file) : output;
}

export async function pack(plan: Plan, destination: Destination, settings: Settings, session: Session): Promise<Packed> {
  const { store, signal, report } = session;
  await session.logIn(plan);
  report({ type: 'stage', stage: 'fetch', state: 'start', detail: `${plan.totals.artifacts} artifacts` });
  for (const message of await pullWarnings(plan.artifacts, store, session.remainingPulls)) report({ type: 'warning', code: 'registry', message });
  const fetching = fetchAll(plan.artifacts, {
    upstream: session.fetchUpstream,
    store,
    signal,
    report,
    jobs: settings.jobs,
    tries: settings.retries,
    keepGoing: settings.keepGoing,
  });
  const assertions = await fetching;
  report({ type: 'stage', stage: 'fetch', state: 'done' });

  report({ type: 'stage', stage: 'verify', state: 'start' });
  const snapSigners = await signersOf(plan, assertions, settings);
  await verifyAddonImages(plan, { store, allowIncomplete: settings.allowIncompleteImages, toolPath: settings.toolPath, report, signal });
  report({ type: 'stage', stage: 'verify', state: 'done', detail: `${snapSigners.size} snap chains` });

  report({ type: 'stage', stage: 'assemble', state: 'start' });
  const path = archivePath(plan, settings.date, destination.output);
  const payload = await payloadOf({
    plan,
    store,
    assertions,
    snapTrust: settings.snapTrust,
    archiveFile: archiveFileName(plan.archive, plan.request.archs, settings.date),
  });
  report({ type: 'stage', stage: 'assemble', state: 'done', detail: `${payload.length} files` });

  const write = async <S extends Sink>(sink: S, stage: string): Promise<S> => {
    try {
      await assemble(sink, { plan, payload, tool: settings.tool, created: settings.date, snapSigners, signal, onEntry: progress(session, stage) });
      signal.throwIfAborted();
      await sink.finish();
      return sink;
    } catch (error) {
      await sink.abort();
      throw error;
    }
  };
  report({ type: 'stage', stage: 'archive', state: 'start', detail: destination.skipArchive ? (destination.usePath ?? '') : path });
  if (destination.usePath !== undefined) await write(await (await import('../assemble/tree-sink.ts')).createTreeSink(destination.usePath, signal), 'tree');
  if (destination.skipArchive && destination.usePath !== undefined) {
    report({ type: 'stage', stage: 'archive', state: 'skip' });
    return { path: destination.usePath };
  }
  const { compression, hashed } = destination;
  const sink = await openArchiveSink({ path, topDirectory: topDirectory(plan.archive), mtime: settings.date, compression, hashed, signal });
  const result = (await write(sink, dirname(path))).result();
  report({ type: 'stage', stage: 'archive', state: 'done', detail: `${path}, ${formatBytes(result.size)}` });
  return { path, ...result };
}

const hasSnaps = ({ artifacts }: Plan): boolean => artifacts.some(({ kind }) => kind === 'snap');

async function signersOf(plan: Plan, assertions: ReadonlyMap<string, Buffer>, settings: Settings): Promise<Map<string, string>> {
  if (!hasSnaps(plan)) return new Map();
  const [{ verifySnaps }, { chainOptionsOf }] = await Promise.all([import('./verify-snaps.ts'), import('./trust.ts')]);
  return verifySnaps(plan.artifacts, assertions, chainOptionsOf(settings));
}

/** They stand in a snap. */
async function verifyAddonImages(plan: Plan, options: AddonOptions): Promise<void> {
  if (hasSnaps(plan)) await (await import('./verify-addons.ts')).verifyAddons(plan, options);
}

function progress({ report }: Session, item: string): (entry: Entry, done: number, of: number) => void {
  let bytes = 0;
  return (entry, done, of) => {
    bytes += entry.size;
    report({ type: 'item', stage: 'archive', item, state: done === of ? 'done' : 'progress', bytes, detail: `${done} of ${of}` });
  };
}
