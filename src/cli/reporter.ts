/** A listener of the run: live, plain lines, or NDJSON. */
import type { Event } from '../domain/events.ts';

export interface Reporter {
  report(event: Event): void;
  /** Leaves the terminal as it was; `failed` when the run did not reach its end. */
  close(failed: boolean): Promise<void>;
}
