/** assemble → archive: what was fetched and verified, as a tree, an archive or both. */
import { dirname } from 'node:path';
import { openArchiveSink } from '../assemble/archive-sink.ts';
import { assemble } from '../assemble/assemble.ts';
import type { Entry } from '../assemble/entry.ts';
import type { Sink } from '../assemble/sink.ts';
import { archiveFileName, topDirectory } from '../domain/archive-name.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import type { Plan } from '../domain/plan.ts';
import { archivePath, type Destination, type Packed } from './destination.ts';
import { payloadOf } from './payload.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';

export interface Contents {
  readonly plan: Plan;
  /** Assertion streams by path. */
  readonly assertions: ReadonlyMap<string, Buffer>;
  /** Account that signed each snap's revision, by the path of its assertion stream. */
  readonly snapSigners: ReadonlyMap<string, string>;
}

export async function writeArchive(
  { plan, assertions, snapSigners }: Contents,
  destination: Destination,
  settings: Settings,
  session: Session,
): Promise<Packed> {
  const { store, signal, report } = session;
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

function progress({ report }: Session, item: string): (entry: Entry, done: number, of: number) => void {
  let bytes = 0;
  return (entry, done, of) => {
    bytes += entry.size;
    report({ type: 'item', stage: 'archive', item, state: done === of ? 'done' : 'progress', bytes, detail: `${done} of ${of}` });
  };
}
