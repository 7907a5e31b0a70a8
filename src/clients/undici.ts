/** The way out over undici: timeouts, proxies, trust. The only importer of undici; the pipeline creates it, clients see `Http`. */
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { type ProxyEnvironment, chooseProxy } from './choose-proxy.ts';
import type { HostTrust } from './host-trust.ts';
import { type Hop, basicAuthorization } from './hops.ts';
import type { Http, HttpResponse } from './http.ts';
import { discardBody } from './read-body.ts';
import { type Connections, type SendOptions, createSend } from './send.ts';

export type { RetryEvent } from './send.ts';

export interface HttpOptions extends SendOptions {
  /** PEM certificates that are trusted besides the usual ones. */
  readonly caText?: string | undefined;
  /** What one host is trusted by beyond that. */
  readonly trustOf?: (url: URL) => Promise<HostTrust | undefined>;
  /** HOST or HOST:PORT whose certificate is not checked and to which https may redirect without TLS. */
  readonly insecureHosts?: readonly string[];
  readonly proxy?: ProxyEnvironment;
  /** `bodyMs` is silence, not the whole time. */
  readonly timeouts?: { readonly connectMs?: number; readonly headersMs?: number; readonly bodyMs?: number };
}

export function createHttp(options: HttpOptions): Http & { close(): Promise<void> } {
  const connections = createConnections(options);
  return { send: createSend(options, connections), close: connections.close };
}

/** Connections by proxy and trust, made when first needed. */
function createConnections({
  caText,
  trustOf = () => Promise.resolve(undefined),
  insecureHosts = [],
  proxy = {},
  timeouts = {},
}: HttpOptions): Connections & { close(): Promise<void> } {
  const { connectMs = 10_000, headersMs = 30_000, bodyMs = 60_000 } = timeouts;
  const trustWith = ({ ca, ...own }: HostTrust = {}) => ({
    timeout: connectMs,
    ...((caText ?? ca) !== undefined && { ca: [...rootCertificates, ...[caText, ca].filter((text) => text !== undefined)] }),
    ...own,
  });
  const shared = { headersTimeout: headersMs, bodyTimeout: bodyMs };
  const made = new Map<string, Dispatcher>();
  const proxyOf = (url: URL): URL | undefined => chooseProxy(url, proxy);
  const isInsecure = (url: URL): boolean => insecureHosts.includes(url.host) || insecureHosts.includes(url.hostname);

  const make = (through: URL | undefined, insecure: boolean, own: HostTrust | undefined): Dispatcher => {
    const requestTls = { ...trustWith(own), rejectUnauthorized: !insecure };
    if (through === undefined) return new Agent({ ...shared, connect: requestTls });
    return new ProxyAgent({
      ...shared,
      uri: through.origin,
      requestTls,
      proxyTls: trustWith(),
      ...(through.username !== '' && { token: basicAuthorization(through) }),
    });
  };
  /** A host with a trust of its own has connections of its own: nobody else is believed because of it. */
  const dispatcherFor = (through: URL | undefined, insecure: boolean, own?: { readonly host: string; readonly trust: HostTrust }): Dispatcher => {
    const key = `${through?.href ?? ''} ${insecure} ${own?.host ?? ''}`;
    const dispatcher = made.get(key) ?? make(through, insecure, own?.trust);
    made.set(key, dispatcher);
    return dispatcher;
  };

  async function exchange({ url, method, headers, body }: Hop, signal: AbortSignal): Promise<HttpResponse> {
    const through = proxyOf(url);
    const sent = { method, signal, body: typeof body === 'function' ? body() : (body ?? null) };
    const trust = await trustOf(url);
    const own = trust === undefined ? undefined : { host: url.host, trust };
    // Plain HTTP is forwarded, not tunnelled: proxies commonly allow CONNECT to port 443 only (facts/oci.md 5.3).
    const forwarded = through !== undefined && url.protocol === 'http:';
    const answer = forwarded
      ? await dispatcherFor(undefined, false).request({
          ...sent,
          origin: through.origin,
          path: url.origin + url.pathname + url.search,
          headers: forwardHeaders(url, through, headers),
        })
      : await dispatcherFor(through, isInsecure(url), own).request({ ...sent, origin: url.origin, path: url.pathname + url.search, headers });
    if (forwarded && answer.statusCode === 407) {
      await discardBody(answer.body);
      throw Object.assign(new Error('the proxy wants a user name and password'), { code: 'PROXY_DENIED' });
    }
    // A body that is destroyed unread, or breaks before anybody reads it, raises "error": without a listener that ends the process.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, headers: joinHeaders(answer.headers), url: url.href, body: answer.body };
  }

  const close = async (): Promise<void> => {
    await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()));
  };
  return { exchange, isInsecure, proxyOf, close };
}

const forwardHeaders = (url: URL, through: URL, headers: Hop['headers']): Record<string, string> => ({
  ...headers,
  host: url.host,
  ...(through.username !== '' && { 'proxy-authorization': basicAuthorization(through) }),
});

const joinHeaders = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]])),
  );
