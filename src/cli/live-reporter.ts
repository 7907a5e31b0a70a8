/** Progress on a terminal: the stages as a list, with the few things under way. The only importer of listr2. */
import { Listr, ListrLogger, ProcessOutput, type ListrTaskWrapper, type DefaultRenderer, type SimpleRenderer } from 'listr2';
import { STAGES, type Event, type Stage } from '../domain/events.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import type { Reporter } from './reporter.ts';

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** Faster output exhausts listr2's heap in long runs (facts/style.md 10). */
const OUTPUT_EVERY_MS = 250;
/** Lists taller than the screen break, so that only this many things under way are named. */
const SHOWN = 3;

interface StageView {
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
  begin(): void;
  end(): void;
  fail(): void;
  skip: boolean;
  title: string;
  task?: Task;
}

const TITLES: Record<Stage, string> = {
  discover: 'Discover what the bundle needs',
  plan: 'Plan',
  fetch: 'Fetch',
  verify: 'Verify',
  assemble: 'Assemble',
  archive: 'Write the archive',
  mirror: 'Mirror',
};

export interface LiveOptions {
  readonly out: NodeJS.WriteStream;
  readonly stages?: readonly Stage[];
}

export function createLiveReporter({ out, stages = STAGES }: LiveOptions): Reporter {
  const views = new Map(stages.map((stage) => [stage, createView(stage)]));
  const active = new Map<string, string>();
  const later: string[] = [];
  const counts = { done: 0, bytes: 0 };
  let last = 0;
  const logger = new ListrLogger({ processOutput: new ProcessOutput(out, out) });
  const list = new Listr(
    [...views.values()].map((view) => ({
      title: view.title,
      skip: () => view.skip,
      task: async (_context: unknown, task: Task) => {
        view.task = task;
        await view.begun;
        task.title = view.title;
        await view.ended;
        task.title = view.title;
      },
    })),
    // Signals are ours: listr2 would leave the process at once, with nothing cleaned up.
    {
      registerSignalListeners: false,
      exitOnError: true,
      rendererOptions: { logger, collapseErrors: false, collapseSubtasks: false, showErrorMessage: false },
      fallbackRenderer: 'silent',
    },
  );
  // Started by the first stage, so that a usage error stands alone.
  let run: Promise<unknown> | undefined;
  const start = (): void => void (run ??= list.run().catch(() => undefined));

  const show = (stage: Stage): void => {
    const view = views.get(stage);
    const now = Date.now();
    if (view?.task === undefined || now - last < OUTPUT_EVERY_MS) return;
    last = now;
    const named = [...active.values()].slice(0, SHOWN).join('  ');
    const total = stage === 'fetch' ? `${counts.done} done, ${formatBytes(counts.bytes)}  ` : '';
    view.task.output = clip(`${total}${named}`, (out.columns || 80) - 6);
  };

  const item = (event: Extract<Event, { type: 'item' }>): void => {
    const of = event.of === undefined ? '' : ` ${Math.floor((100 * (event.bytes ?? 0)) / Math.max(event.of, 1))} %`;
    if (event.state === 'start' || event.state === 'progress' || event.state === 'retry')
      active.set(event.item, `${event.item}${of}${event.state === 'retry' ? ' (again)' : ''}`);
    else active.delete(event.item);
    if (event.state === 'done' || event.state === 'cached') {
      counts.done += 1;
      counts.bytes += event.of ?? 0;
    }
    show(event.stage);
  };

  return {
    report(event) {
      if (event.type === 'warning') later.push(`warning: ${event.message}`);
      if (event.type === 'item') item(event);
      if (event.type !== 'stage') return;
      start();
      const view = views.get(event.stage);
      if (view === undefined) return;
      if (event.detail !== undefined) view.title = `${TITLES[event.stage]}: ${clip(event.detail, (out.columns || 80) - TITLES[event.stage].length - 6)}`;
      if (event.state === 'start') view.begin();
      else {
        active.clear();
        view.begin();
        view.end();
      }
    },
    async close(failed) {
      for (const view of views.values()) {
        if (failed) view.fail();
        else view.skip = true;
        view.begin();
        view.end();
      }
      await run;
      for (const line of later) out.write(`${line}\n`);
    },
  };
}

function createView(stage: Stage): StageView {
  const begun = gate();
  const ended = gate();
  ended.promise.catch(() => undefined);
  return {
    begun: begun.promise,
    ended: ended.promise,
    begin: begun.resolve,
    end: ended.resolve,
    fail: () => ended.reject(new Error(stage)),
    skip: false,
    title: TITLES[stage],
  };
}

interface Gate {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    refuse = reject;
  });
  return { promise, resolve: () => open(), reject: (error) => refuse(error) };
}

const clip = (text: string, columns: number): string => (text.length <= columns ? text : `${text.slice(0, Math.max(columns - 1, 1))}…`);
