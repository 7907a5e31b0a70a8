/** Why a connection failed, in words, and whether another try can help. */

/** A certificate does not get better by asking again; neither does plain HTTP on a TLS port, nor a proxy that wants a password. */
const LASTING =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|ERR_INVALID_URL$|UND_ERR_INVALID_ARG$|UND_ERR_PRX_TLS$|PROXY_DENIED$|ERR_INVALID_CHAR$|ERR_UNESCAPED_CHARACTERS$|ERR_HTTP_|ECONNABORTED$)/;

export interface ConnectionFailure {
  /** `ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1`. */
  readonly reason: string;
  readonly lasting: boolean;
}

export function connectionFailure(error: unknown): ConnectionFailure {
  const innermost = root(error);
  const code = codeOf(innermost) ?? codeOf(error);
  const message = innermost instanceof Error ? (innermost.message.trim().split('\n', 1)[0] ?? '') : String(innermost);
  const denied = /Proxy response \((\d+)\)/.exec(message);
  if (denied !== null) return { reason: `the proxy answered ${denied[1]} to CONNECT`, lasting: /^40[0-9]$/.test(denied[1] ?? '') };
  return { reason: code === undefined ? message : `${code}: ${message}`, lasting: code !== undefined && LASTING.test(code) };
}

/** Several addresses of one host fail together as an AggregateError; its first member says why. */
function root(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return root(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error) return root(error.cause);
  return error;
}

const codeOf = (error: unknown): string | undefined => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined);
