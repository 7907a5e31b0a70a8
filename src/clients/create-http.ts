/** The way out: directly, or through a proxy, with the trust of the host. The pipeline creates it, clients see `Http`. */
import { isIP } from 'node:net';
import { type ProxyEnvironment, chooseProxy } from './choose-proxy.ts';
import type { HostTrust } from './host-trust.ts';
import { type Hop, basicAuthorization } from './hops.ts';
import type { Http, HttpResponse } from './http.ts';
import { createDirect } from './node-http.ts';
import { discardBody } from './read-body.ts';
import { type Connections, type SendOptions, createSend } from './send.ts';
import type { Timeouts } from './timeouts.ts';
import { tlsTrust, type TlsTrust } from './tls-trust.ts';
import type { Tunnels } from './undici.ts';

export type { RetryEvent } from './send.ts';

export interface HttpOptions extends SendOptions {
  /** PEM certificates that are trusted besides the usual ones. */
  readonly caText?: string | undefined;
  /** What one host is trusted by beyond that. */
  readonly trustOf?: (url: URL) => Promise<HostTrust | undefined>;
  /** HOST or HOST:PORT whose certificate is not checked and to which https may redirect without TLS. */
  readonly insecureHosts?: readonly string[];
  readonly proxy?: ProxyEnvironment;
  readonly timeouts?: Partial<Timeouts>;
}

const TIMEOUTS: Timeouts = { connectMs: 10_000, headersMs: 30_000, bodyMs: 60_000, keptMs: 4000 };

export function createHttp(options: HttpOptions): Http & { close(): Promise<void> } {
  const connections = createConnections(options);
  return { send: createSend(options, connections), close: connections.close };
}

function createConnections(options: HttpOptions): Connections & { close(): Promise<void> } {
  const { caText, trustOf = () => Promise.resolve(undefined), insecureHosts = [], proxy = {} } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const direct = createDirect(timeouts);
  const tunnels = new Map<string, Promise<Tunnels>>();
  const proxyOf = (url: URL): URL | undefined => chooseProxy(url, proxy);
  const isInsecure = (url: URL): boolean => insecureHosts.includes(url.host) || insecureHosts.includes(url.hostname);
  /** One object a trust: connections are shared by those that have the same. */
  const trusts = new Map<string, Promise<TlsTrust>>();
  const remembered = (key: string, make: () => Promise<TlsTrust>): Promise<TlsTrust> => {
    const there = trusts.get(key) ?? make();
    trusts.set(key, there);
    return there;
  };
  /** A host with a trust of its own has connections of its own: nobody else is believed because of it. */
  async function trusted(url: URL): Promise<{ key: string; trust: TlsTrust }> {
    const own = await trustOf(url);
    const insecure = isInsecure(url);
    const key = `${insecure} ${own === undefined ? '' : url.host}`;
    return { key, trust: await remembered(key, async () => ({ ...(await tlsTrust(caText, own)), rejectUnauthorized: !insecure })) };
  }
  const proxyTrust = (proxyUrl: URL): Promise<TlsTrust> =>
    remembered(`proxy ${proxyUrl.host}`, async () => ({ ...(await tlsTrust(caText)), servername: isIP(bareHost(proxyUrl)) === 0 ? proxyUrl.hostname : '' }));

  async function tunnelsTo(url: URL, through: URL): Promise<Tunnels> {
    const { key, trust } = await trusted(url);
    const place = `${through.href} ${key}`;
    const make = async (): Promise<Tunnels> => {
      const { createTunnels } = await import('./undici.ts');
      return createTunnels({ proxy: through, requestTls: trust, proxyTls: await tlsTrust(caText), timeouts });
    };
    const there = tunnels.get(place) ?? make();
    tunnels.set(place, there);
    return there;
  }

  /** Plain HTTP is forwarded, not tunnelled: proxies commonly allow CONNECT to port 443 only (facts/oci.md 5.3). */
  async function forward(hop: Hop, through: URL, signal: AbortSignal): Promise<HttpResponse> {
    const { url } = hop;
    const headers = { ...hop.headers, host: url.host, ...(through.username !== '' && { 'proxy-authorization': basicAuthorization(through) }) };
    const path = url.origin + url.pathname + url.search;
    const answer = await direct.exchange({ ...hop, url: new URL(through.origin), headers }, { path, tls: () => proxyTrust(through), signal });
    if (answer.status !== 407) return { ...answer, url: url.href };
    await discardBody(answer.body);
    throw Object.assign(new Error('the proxy wants a user name and password'), { code: 'PROXY_DENIED' });
  }

  return {
    isInsecure,
    proxyOf,
    async exchange(hop, signal) {
      const { url } = hop;
      const through = proxyOf(url);
      if (through === undefined) return direct.exchange(hop, { tls: async () => (await trusted(url)).trust, signal });
      return url.protocol === 'http:' ? forward(hop, through, signal) : (await tunnelsTo(url, through)).exchange(hop, signal);
    },
    async close() {
      direct.close();
      await Promise.allSettled([...tunnels.values()].map(async (each) => (await each).close()));
    },
  };
}

const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
