/**
 * Turns at a host: so many requests at a time, fewer when it answers 429 or 503, more again when all goes well. Users of other tools found that few
 * connections are reliable and slow, many fast and refused; what a registry bears only it knows (facts/oci.md 1.8).
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Slowed {
  readonly host: string;
  readonly status: number;
  /** Requests at a time from now on. */
  readonly limit: number;
}

export interface HostTurnsOptions {
  /** At a time, at the most. */
  readonly limit: number;
  readonly now: () => number;
  /** Told the first time that a host is slowed down. */
  readonly onSlow?: ((event: Slowed) => void) | undefined;
}

export interface Turn {
  /** Ends it; once is enough. */
  leave(): void;
  /** The host asked for less; `waitMs` for how long it wants none at all. */
  refused(status: number, waitMs: number | undefined): void;
  /** The host answered gladly. */
  served(): void;
}

interface Host {
  limit: number;
  active: number;
  notBefore: number;
  lowered: number;
  served: number;
  told: boolean;
  readonly waiting: (() => void)[];
}

export type EnterHost = (host: string, signal: AbortSignal) => Promise<Turn>;

export function createHostTurns(options: HostTurnsOptions): EnterHost {
  const hosts = new Map<string, Host>();
  return async (name, signal) => {
    const host = hosts.get(name) ?? { limit: options.limit, active: 0, notBefore: 0, lowered: 0, served: 0, told: false, waiting: [] };
    hosts.set(name, host);
    await waitForTurn(host, options, signal);
    return turnAt(name, host, options);
  };
}

/** A turn that becomes free wakes one who waits; who wakes looks again, since the limit may have changed. */
async function waitForTurn(host: Host, { now }: HostTurnsOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const pause = host.notBefore - now();
    if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    else if (host.active < host.limit) break;
    else await queue(host, signal);
  }
  host.active += 1;
}

async function queue(host: Host, signal: AbortSignal): Promise<void> {
  let wake = (): void => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  host.waiting.push(wake);
  signal.addEventListener('abort', wake, { once: true });
  await woken;
  signal.removeEventListener('abort', wake);
  const at = host.waiting.indexOf(wake);
  if (at >= 0) host.waiting.splice(at, 1);
  // A turn that was given to one who has gone belongs to the next.
  if (signal.aborted) host.waiting.shift()?.();
}

function turnAt(name: string, host: Host, { limit, now, onSlow }: HostTurnsOptions): Turn {
  const began = now();
  let left = false;
  return {
    leave() {
      if (left) return;
      left = true;
      host.active -= 1;
      host.waiting.shift()?.();
    },
    refused(status, waitMs) {
      if (waitMs !== undefined) host.notBefore = Math.max(host.notBefore, now() + waitMs);
      host.served = 0;
      // Those that were under way when it was lowered say nothing about the new limit.
      if (began < host.lowered) return;
      host.limit = Math.max(1, Math.floor(host.limit / 2));
      host.lowered = now();
      if (!host.told) onSlow?.({ host: name, status, limit: host.limit });
      host.told = true;
    },
    served() {
      host.served += 1;
      if (host.limit >= limit || host.served < 2 * host.limit) return;
      host.limit += 1;
      host.served = 0;
      host.waiting.shift()?.();
    },
  };
}
