/** Tunnels through proxies, over undici: the only importer of it, loaded when a request goes through a proxy. */
import { ProxyAgent } from 'undici';
import { type Hop, basicAuthorization } from './hops.ts';
import type { HttpResponse } from './http.ts';
import { joinHeaders } from './join-headers.ts';
import type { Timeouts } from './timeouts.ts';
import type { TlsTrust } from './tls-trust.ts';

export interface TunnelOptions {
  readonly proxy: URL;
  /** What the far end is believed by. */
  readonly requestTls: TlsTrust;
  readonly proxyTls: TlsTrust;
  readonly timeouts: Timeouts;
}

export interface Tunnels {
  exchange(hop: Hop, signal: AbortSignal): Promise<HttpResponse>;
  close(): Promise<void>;
}

export function createTunnels({ proxy, requestTls, proxyTls, timeouts }: TunnelOptions): Tunnels {
  const { connectMs: timeout, headersMs, bodyMs } = timeouts;
  const agent = new ProxyAgent({
    headersTimeout: headersMs,
    bodyTimeout: bodyMs,
    uri: proxy.origin,
    requestTls: { timeout, ...requestTls },
    proxyTls: { timeout, ...proxyTls },
    ...(proxy.username !== '' && { token: basicAuthorization(proxy) }),
  });
  return {
    async exchange({ url, method, headers, body }, signal) {
      const sent = typeof body === 'function' ? body() : (body ?? null);
      const answer = await agent.request({ origin: url.origin, path: url.pathname + url.search, method, headers, body: sent, signal });
      // A body that is destroyed unread, or breaks before anybody reads it, raises "error": without a listener that ends the process.
      answer.body.on('error', () => undefined);
      return { status: answer.statusCode, headers: joinHeaders(answer.headers), url: url.href, body: answer.body };
    },
    close: () => agent.destroy(),
  };
}
