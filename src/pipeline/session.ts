/** One run's connections: http, clients and store, opened once and handed down. */
import { readFile, rm } from 'node:fs/promises';
import { createBundleRepository } from '../clients/bundle-repository.ts';
import { readCharmFiles } from '../clients/charm-file.ts';
import { createCharmhub } from '../clients/charmhub.ts';
import { certificateDirectories, createHostTrust } from '../clients/host-trust.ts';
import { createCredentials } from '../clients/oci/credential-sources.ts';
import { createRegistryClient } from '../clients/oci/registry.ts';
import { createSnapStore } from '../clients/snap-store.ts';
import { createHttp } from '../clients/undici.ts';
import type { CharmArtifact, Descriptor } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import type { Event, Report } from '../domain/events.ts';
import type { ResolvedImage } from '../domain/releases.ts';
import { download } from '../fetch/download.ts';
import { mapLimit } from '../fetch/pool.ts';
import type { FetchUpstream } from '../fetch/upstream.ts';
import type { Upstream } from '../recipes/upstream.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { RemainingPulls } from './pull-warnings.ts';
import { readInput } from './read-input.ts';
import type { Settings } from './settings.ts';
import { maxFormatOf, rootsOf } from './trust.ts';

export interface Session {
  readonly upstream: Upstream;
  readonly fetchUpstream: FetchUpstream;
  readonly remainingPulls: RemainingPulls;
  readonly store: Store;
  readonly report: Report;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly report: Report;
  readonly signal: AbortSignal;
}

type Clients = ReturnType<typeof createClients>;

export async function openSession(settings: Settings, { report, signal }: SessionOptions): Promise<Session> {
  const store = await openStore(settings.cacheDir);
  const clients = createClients(settings, store, { report, signal });
  const { charmhub, snaps, images } = clients;
  return {
    upstream: upstreamOf(clients, { settings, store, report, signal }),
    fetchUpstream: {
      charmhub,
      snaps: {
        open: (source, options) => snaps.open(source, options),
        assertions: (snap, options) =>
          snaps.assertions({ ...snap, sha3_384: snap.digests.find(({ algorithm }) => algorithm === 'sha3-384')?.hex ?? '' }, options),
      },
      images,
    },
    remainingPulls: images.remainingPulls,
    store,
    report,
    signal,
    async close() {
      await clients.http.close();
      if (settings.ephemeralCache) await rm(settings.cacheDir, { recursive: true, force: true });
    },
  };
}

function createClients(settings: Settings, store: Store, { report, signal }: SessionOptions) {
  const { tool, caText, insecureRegistries, proxy, retries, registryMirrors } = settings;
  const retried = ({ host, attempt, tries, reason }: { host: string; attempt: number; tries: number; reason: string }): Event => ({
    type: 'item',
    stage: 'fetch',
    item: host,
    state: 'retry',
    detail: `${reason} (try ${attempt} of ${tries})`,
  });
  const http = createHttp({
    userAgent: tool.replace(' ', '/'),
    ...(caText !== undefined && { caText }),
    insecureHosts: [...insecureRegistries],
    trustOf: createHostTrust({ given: settings.registryCas ?? new Map(), directories: certificateDirectories(settings.environment ?? {}) }),
    proxy,
    retries,
    signal,
    onRetry: (event) => report(retried(event)),
    perHost: settings.jobs,
    onSlow: ({ host, status, limit }) =>
      report({ type: 'warning', code: 'slow', message: `${host} answered ${status}: it is asked more slowly, at most ${limit} at a time for now` }),
  });
  const note = (message: string): void => report({ type: 'note', message });
  const stored = async ({ digest, size }: Descriptor): Promise<Buffer | undefined> => {
    const path = await store.find(digest, size);
    return path === undefined ? undefined : readFile(path);
  };
  const warn = (message: string): void => report({ type: 'warning', code: 'registry', message });
  const credentials = createCredentials({ environment: settings.environment ?? {}, note, signal });
  return {
    http,
    charmhub: createCharmhub({ http, baseUrl: settings.charmhubUrl, signal }),
    snaps: createSnapStore({
      http,
      baseUrl: settings.snapStoreUrl,
      signal,
      roots: rootsOf(settings),
      maxFormat: maxFormatOf(settings),
      ...(settings.snapAuthorization !== undefined && { macaroon: settings.snapAuthorization }),
      ...(settings.snapStoreId !== undefined && { storeId: settings.snapStoreId }),
    }),
    images: createRegistryClient({ http, mirrors: registryMirrors, insecureHosts: insecureRegistries, credentials, note, warn, stored, signal }),
    bundleRepository: createBundleRepository({ http, source: settings.bundleRepo, signal }),
  };
}

interface Context extends SessionOptions {
  readonly settings: Settings;
  readonly store: Store;
}

/** The recipes' ports. What planning reads goes into the store, so that fetching does not ask again. */
function upstreamOf({ charmhub, snaps, images, bundleRepository }: Clients, { settings, store, report, signal }: Context): Upstream {
  return {
    charmhub,
    snaps,
    bundleRepository,
    images: {
      async resolve(ref, platform) {
        const resolved = await images.resolve(ref, platform);
        if (resolved !== undefined) await keepDocuments(resolved, store);
        return resolved;
      },
    },
    readFile: readInput,
    charmFiles: async (charm: CharmArtifact) => {
      const expect = { what: `charm ${charm.name} r${charm.revision}`, size: charm.size, digests: charm.digests };
      const open = (offset: number, given: AbortSignal) => charmhub.open(charm.source, { offset, signal: given });
      return readCharmFiles(await download({ open, expect, store, tries: settings.retries, signal }));
    },
    all: (items, job) => mapLimit(items, settings.jobs, job, signal),
    report,
  };
}

async function keepDocuments({ documents, repository }: ResolvedImage, store: Store): Promise<void> {
  for (const { digest, bytes } of documents) await store.put(bytes, { what: `${repository}@${formatDigest(digest)}`, size: bytes.length, digests: [digest] });
}
