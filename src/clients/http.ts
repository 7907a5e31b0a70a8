/** The one way out: every client is given an Http and a base URL, nobody else opens a connection. */
import type { Readable } from 'node:stream';

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | (() => Readable);
  readonly signal?: AbortSignal;
  /** Tries in all, where the usual number is too many: for a question whose failure is an answer too. */
  readonly tries?: number;
  /** `false`: a redirect is the answer. */
  readonly follow?: boolean;
  /** Answers that count as an answer and are not tried again, e.g. 401 for a registry. Default: everything below 500 but 408 and 429. */
  readonly expect?: (status: number) => boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** The address that answered, after redirects. */
  readonly url: string;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

export interface Http {
  /**
   * Follows at most ten redirects, drops credentials when the host changes, tries again on broken connections, 408, 429 and 5xx
   * (Retry-After honoured). Throws NETWORK_UNREACHABLE, NETWORK_STATUS; 4xx answers are returned.
   */
  send(url: string, request?: HttpRequest): Promise<HttpResponse>;
}
