/** The snap store as the settings want it. */
import type { Http } from '../clients/http.ts';
import { createSnapStore } from '../clients/snap-store.ts';
import type { Settings } from './settings.ts';
import { maxFormatOf, rootsOf } from './trust.ts';

export const openSnapStore = (settings: Settings, http: Http, signal: AbortSignal): ReturnType<typeof createSnapStore> =>
  createSnapStore({
    http,
    baseUrl: settings.snapStoreUrl,
    signal,
    roots: rootsOf(settings),
    maxFormat: maxFormatOf(settings),
    ...(settings.snapAuthorization !== undefined && { macaroon: settings.snapAuthorization }),
    ...(settings.snapStoreId !== undefined && { storeId: settings.snapStoreId }),
  });
