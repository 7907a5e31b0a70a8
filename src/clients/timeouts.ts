/** How long a request waits, in milliseconds. */
export interface Timeouts {
  /** For a connection, TLS included. */
  readonly connectMs: number;
  /** For the answer, after the last sign of life. */
  readonly headersMs: number;
  /** For the next byte of a body. */
  readonly bodyMs: number;
  /** A kept connection that nobody used for so long is closed: it may be forgotten on the way by now. */
  readonly keptMs: number;
}
