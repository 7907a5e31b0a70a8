/** Where a registry wants the bytes of an upload. Pure. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * `location` may be absolute or relative, on another path or host, with a query that must be kept as it is (facts/oci.md 1.5). A registry behind a proxy that
 * ends TLS names itself by http: it is spoken to as before. NETWORK_DENIED when another host would get the bytes without TLS.
 */
export function uploadLocation(location: string | undefined, requestUrl: string, { base, trusted }: Endpoint): string {
  if (location === undefined || !URL.canParse(location, requestUrl))
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url: requestUrl, path: 'Location', wanted: 'an address', found: location ?? 'nothing' });
  const url = new URL(location, requestUrl);
  const own = new URL(base);
  if (url.host === own.host) url.protocol = own.protocol;
  else if (url.protocol !== 'https:' && !(url.protocol === 'http:' && trusted))
    throw new ShrinkwrapError('NETWORK_DENIED', { url: requestUrl, status: 202, detail: `refused to upload to ${url.protocol}//${url.host}` });
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

export const withDigest = (location: string, digest: string): string => `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
