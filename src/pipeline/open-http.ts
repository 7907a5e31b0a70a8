/** The way out as the settings want it; what happens on it is told. */
import { certificateDirectories, createHostTrust } from '../clients/host-trust.ts';
import type { Http } from '../clients/http.ts';
import { createHttp, type RetryEvent } from '../clients/create-http.ts';
import type { Event, Report, Stage } from '../domain/events.ts';
import type { Settings } from './settings.ts';

export interface OpenHttpOptions {
  readonly report: Report;
  readonly signal: AbortSignal;
  /** To which a try that is repeated belongs; fetch where nothing is said. */
  readonly stage?: Stage;
}

export function openHttp(settings: Settings, { report, signal, stage = 'fetch' }: OpenHttpOptions): Http & { close(): Promise<void> } {
  const { tool, caText, insecureRegistries, proxy, retries } = settings;
  const retried = ({ host, attempt, tries, reason }: RetryEvent): Event => ({
    type: 'item',
    stage,
    item: host,
    state: 'retry',
    detail: `${reason} (try ${attempt} of ${tries})`,
  });
  return createHttp({
    userAgent: tool.replace(' ', '/'),
    ...(caText !== undefined && { caText }),
    insecureHosts: [...insecureRegistries],
    trustOf: createHostTrust({ given: settings.registryCas ?? new Map(), directories: certificateDirectories(settings.environment ?? {}) }),
    proxy,
    retries,
    signal,
    onRetry: (event) => report(retried(event)),
    perHost: settings.jobs,
    onSlow: ({ host, status, limit }) =>
      report({ type: 'warning', code: 'slow', message: `${host} answered ${status}: it is asked more slowly, at most ${limit} at a time for now` }),
  });
}
