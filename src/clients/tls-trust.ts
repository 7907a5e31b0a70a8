/** What a TLS connection is believed by, as node:tls takes it. */
import type { HostTrust } from './host-trust.ts';

export interface TlsTrust {
  /** All authorities; absent: those that Node comes with. */
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
  /** Whom the certificate has to name, where that is not the host of the request. */
  readonly servername?: string;
}

/** Authorities are added to the usual ones, which `ca` alone would replace (facts/oci.md 5.2). */
export async function tlsTrust(caText: string | undefined, { ca, ...own }: HostTrust = {}): Promise<TlsTrust> {
  const added = [caText, ca].filter((text) => text !== undefined);
  return { ...(added.length > 0 && { ca: [...(await import('node:tls')).rootCertificates, ...added] }), ...own };
}
