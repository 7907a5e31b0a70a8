/** Which proxy a request goes through. NO_PROXY as Go programs (juju, snapd, docker) read it, CIDR included; undici's own reading differs (facts/oci.md 5.3). */
import { BlockList, isIP } from 'node:net';
import { ShrinkwrapError } from '../domain/errors.ts';
import { redactUrl } from './redact-url.ts';

export interface ProxyEnvironment {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

export function chooseProxy(url: URL, { httpProxy, httpsProxy, noProxy = '' }: ProxyEnvironment): URL | undefined {
  const proxy = url.protocol === 'https:' ? httpsProxy : httpProxy;
  if (proxy === undefined || proxy === '') return undefined;
  return isExempt(url, noProxy) ? undefined : parseProxy(proxy);
}

function parseProxy(text: string): URL {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'proxy address', text: redactUrl(address), wanted: 'http://HOST:PORT or https://HOST:PORT' });
  }
  return url;
}

function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const entries = noProxy.split(/[\s,]+/).filter((entry) => entry !== '');
  return isLoopback(host) || entries.some((entry) => matches(entry.toLowerCase(), host, port));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const isLoopback = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && LOOPBACK.check(host, family(host)));

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInside(entry, host);
  const { name, wantedPort } = splitPort(entry);
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (isIP(name) !== 0) return isIP(host) !== 0 && isInside(`${name}/${family(name) === 'ipv6' ? 128 : 32}`, host);
  const suffix = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return suffix !== '' && isIP(host) === 0 && (host === suffix || host.endsWith(`.${suffix}`));
}

/** `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` and a bare IPv6 address, whose colons are no port. */
function splitPort(entry: string): { name: string; wantedPort?: string } {
  const match = /^\[([^\]]*)\](?::([0-9]+))?$/.exec(entry) ?? /^([^:]*):([0-9]+)$/.exec(entry);
  if (match === null) return { name: entry };
  return { name: match[1] ?? '', ...(match[2] !== undefined && { wantedPort: match[2] }) };
}

function isInside(cidr: string, host: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const limit = isIP(network) === 6 ? 128 : 32;
  if (isIP(host) === 0 || isIP(network) === 0 || !/^[0-9]{1,3}$/.test(bits) || Number(bits) > limit) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(host, family(host));
}
