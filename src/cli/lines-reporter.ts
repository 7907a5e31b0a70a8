/** Progress as plain lines, for logs and pipes: one line an event, no cursor codes, and a sign of life at least every 30 s. */
import type { Event } from '../domain/events.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import type { Reporter } from './reporter.ts';

const HEARTBEAT_MS = 30_000;

export interface LinesOptions {
  readonly write: (line: string) => void;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export function createLinesReporter({ write, quiet, verbose }: LinesOptions): Reporter {
  let doing = 'starting';
  let silent = true;
  const heartbeat = setInterval(() => {
    if (silent && !quiet) write(`still at it: ${doing}`);
    silent = true;
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const say = (line: string | undefined): void => {
    if (line === undefined) return;
    silent = false;
    write(line);
  };
  return {
    report(event) {
      if (event.type === 'stage' && event.state === 'start') doing = event.stage;
      if (event.type === 'item') doing = `${event.stage} ${event.item}`;
      say(quiet ? warningOf(event) : lineOf(event, verbose));
    },
    close: () => {
      clearInterval(heartbeat);
      return Promise.resolve();
    },
  };
}

const warningOf = (event: Event): string | undefined => (event.type === 'warning' ? `warning: ${event.message}` : undefined);

function lineOf(event: Event, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'warning':
      return warningOf(event);
    case 'note':
      return verbose ? `  ${event.message}` : undefined;
    case 'stage':
      return event.state === 'start' || event.detail === undefined
        ? event.state === 'done'
          ? undefined
          : `${event.stage}${event.detail === undefined ? '' : ` ${event.detail}`}`
        : `  ${event.stage}: ${event.detail}`;
    case 'item': {
      const size = event.of === undefined ? '' : ` ${formatBytes(event.of)}`;
      if (event.state === 'done' && (event.stage === 'fetch' || event.stage === 'mirror')) return `  ${event.item}${size}`;
      if (event.state === 'retry' || event.state === 'fail') return `  ${event.state}: ${event.item}${event.detail === undefined ? '' : `: ${event.detail}`}`;
      return verbose && (event.state === 'cached' || event.state === 'start') ? `  ${event.state}: ${event.item}${size}` : undefined;
    }
  }
}
