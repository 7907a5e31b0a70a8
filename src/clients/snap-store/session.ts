/** What every request to the store shares, and the two generations of its header names (facts/snap-store.md 1.2, 1.5). */
import type { Arch } from '../../domain/arch.ts';
import type { Http } from '../http.ts';
import type { SnapStoreAddresses } from './addresses.ts';

export interface StoreSession {
  readonly http: Http;
  readonly addresses: SnapStoreAddresses;
  readonly signal?: AbortSignal;
  readonly macaroon?: string;
  readonly storeId?: string;
}

export const authorization = ({ macaroon }: StoreSession): Record<string, string> => (macaroon === undefined ? {} : { authorization: macaroon });

/** For the API. The series is the one of all snaps since 2016; the store refuses a request without it. */
export const deviceHeaders = (arch: Arch, { storeId }: StoreSession): Record<string, string> => ({
  accept: 'application/json',
  'content-type': 'application/json',
  'snap-classic': 'true',
  'snap-device-architecture': arch,
  'snap-device-capabilities': 'default-tracks',
  'snap-device-series': '16',
  ...(storeId !== undefined && { 'snap-device-store': storeId }),
});

/** For assertions and downloads, where the real client still speaks version 1. */
export const ubuntuHeaders = (arch: Arch | undefined, { storeId }: StoreSession): Record<string, string> => ({
  'snap-device-capabilities': 'default-tracks',
  ...(arch !== undefined && { 'x-ubuntu-architecture': arch }),
  'x-ubuntu-classic': 'true',
  'x-ubuntu-series': '16',
  ...(storeId !== undefined && { 'x-ubuntu-store': storeId }),
  'x-ubuntu-wire-protocol': '1',
});

/** The request ends with the run or with its own job. */
export function joinSignals({ signal }: StoreSession, own: AbortSignal | undefined): { signal?: AbortSignal } {
  const signals = [signal, own].filter((one) => one !== undefined);
  return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
}
