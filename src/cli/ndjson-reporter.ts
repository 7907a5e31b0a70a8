/** Progress for programs: one JSON event a line. */
import type { Reporter } from './reporter.ts';

export const createNdjsonReporter = (write: (line: string) => void): Reporter => ({
  report: (event) => write(JSON.stringify(event)),
  close: () => Promise.resolve(),
});
