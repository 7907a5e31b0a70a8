/** How long to wait before the next try. */

export interface DelayFacts {
  /** The try that failed, from 1. */
  readonly attempt: number;
  readonly baseMs: number;
  /** Longest wait. */
  readonly capMs: number;
  /** Longest wait that the server may ask for; as above by default. */
  readonly askedCapMs?: number;
  /** The Retry-After header: seconds or an HTTP date. */
  readonly retryAfter?: string | undefined;
  readonly now: number;
  /** 0 up to 1. */
  readonly random: number;
}

/** What the server asks for, else exponential between half and the whole of base × 2^(attempt-1). */
export function retryDelay({ attempt, baseMs, capMs, askedCapMs = capMs, retryAfter, now, random }: DelayFacts): number {
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now);
  const exponential = baseMs * 2 ** (attempt - 1) * (0.5 + random / 2);
  return asked === undefined ? Math.min(capMs, Math.round(exponential)) : Math.min(askedCapMs, Math.round(asked));
}

/** Milliseconds; undefined for what is neither seconds nor a date, as some registries write it (facts/oci.md 1.8). */
export function parseRetryAfter(text: string, now: number): number | undefined {
  if (/^[0-9]+$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
