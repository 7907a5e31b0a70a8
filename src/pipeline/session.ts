/** One run's connections: http, clients and store, opened once and handed down. What talks to a service is loaded when it is first needed. */
import { readFile, rm } from 'node:fs/promises';
import { createCredentials } from '../clients/oci/credential-sources.ts';
import type { Credentials } from '../clients/oci/authorization.ts';
import { createRegistryClient } from '../clients/oci/registry.ts';
import { createOciLogins } from '../clients/oci/resource-logins.ts';
import type { CharmArtifact, Descriptor } from '../domain/artifact.ts';
import { formatDigest } from '../domain/digest.ts';
import type { Report } from '../domain/events.ts';
import type { Plan } from '../domain/plan.ts';
import type { ResolvedImage } from '../domain/releases.ts';
import { download } from '../fetch/download.ts';
import { mapLimit } from '../fetch/pool.ts';
import type { FetchUpstream } from '../fetch/upstream.ts';
import type { Upstream } from '../recipes/upstream.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { openHttp } from './open-http.ts';
import type { RemainingPulls } from './pull-warnings.ts';
import { readInput } from './read-input.ts';
import type { Settings } from './settings.ts';

export interface Session {
  readonly upstream: Upstream;
  readonly fetchUpstream: FetchUpstream;
  readonly remainingPulls: RemainingPulls;
  readonly store: Store;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Reads the logins again that a plan cannot carry. */
  logIn(plan: Plan): Promise<void>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly report: Report;
  readonly signal: AbortSignal;
}

type Clients = ReturnType<typeof createClients>;

export async function openSession(settings: Settings, { report, signal }: SessionOptions): Promise<Session> {
  // A file that is no root is refused before anything else happens.
  if (settings.snapTrust.length > 0) (await import('./trust.ts')).rootsOf(settings);
  const store = await openStore(settings.cacheDir);
  const clients = createClients(settings, store, { report, signal });
  const { charmhub, snaps, images, logins } = clients;
  return {
    upstream: upstreamOf(clients, { settings, store, report, signal }),
    fetchUpstream: {
      charmhub: { open: async (source, options) => (await charmhub()).open(source, options) },
      snaps: {
        open: async (source, options) => (await snaps()).open(source, options),
        assertions: async (snap, options) =>
          (await snaps()).assertions({ ...snap, sha3_384: snap.digests.find(({ algorithm }) => algorithm === 'sha3-384')?.hex ?? '' }, options),
      },
      images,
    },
    remainingPulls: images.remainingPulls,
    async logIn(plan) {
      const sources = new Set(plan.artifacts.flatMap((artifact) => (artifact.kind === 'image' && artifact.login !== undefined ? [artifact.login] : [])));
      for (const source of sources) await logins.read(source);
    },
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
  const { insecureRegistries, registryMirrors } = settings;
  const http = openHttp(settings, { report, signal });
  const charmhub = once(async () => (await import('../clients/charmhub.ts')).createCharmhub({ http, baseUrl: settings.charmhubUrl, signal }));
  const logins = createOciLogins(async (source) => (await charmhub()).open(source, { offset: 0, signal }));
  const note = (message: string): void => report({ type: 'note', message });
  const stored = async ({ digest, size }: Descriptor): Promise<Buffer | undefined> => {
    const path = await store.find(digest, size);
    return path === undefined ? undefined : readFile(path);
  };
  const warn = (message: string): void => report({ type: 'warning', code: 'registry', message });
  const own = createCredentials({ environment: settings.environment ?? {}, note, signal });
  // A login that a resource brought is for its one repository; everything else is the user's.
  const credentials: Credentials = async (host, repository) => (await logins.credentials(host, repository)) ?? own(host, repository);
  return {
    http,
    charmhub,
    logins,
    snaps: once(async () => (await import('./open-snap-store.ts')).openSnapStore(settings, http, signal)),
    images: createRegistryClient({ http, mirrors: registryMirrors, insecureHosts: insecureRegistries, credentials, note, warn, stored, signal }),
    bundleRepository: once(async () => (await import('../clients/bundle-repository.ts')).createBundleRepository({ http, source: settings.bundleRepo, signal })),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

interface Context extends SessionOptions {
  readonly settings: Settings;
  readonly store: Store;
}

/** The recipes' ports. What planning reads goes into the store, so that fetching does not ask again. */
function upstreamOf({ charmhub, snaps, images, logins, bundleRepository }: Clients, { settings, store, report, signal }: Context): Upstream {
  return {
    charmhub: {
      bundle: async (...asked) => (await charmhub()).bundle(...asked),
      resolve: async (...asked) => (await charmhub()).resolve(...asked),
      resourceRevisions: async (...asked) => (await charmhub()).resourceRevisions(...asked),
    },
    snaps: { resolve: async (...asked) => (await snaps()).resolve(...asked) },
    bundleRepository: {
      list: async (...asked) => (await bundleRepository()).list(...asked),
      read: async (...asked) => (await bundleRepository()).read(...asked),
    },
    images: {
      async resolve(ref, platform, options) {
        const resolved = await images.resolve(ref, platform, options);
        if (resolved !== undefined) await keepDocuments(resolved, store);
        return resolved;
      },
    },
    bundleFile: async (path) => (await import('./read-bundle-file.ts')).readBundleFile(path),
    readFile: readInput,
    includedFile: async (path, beside) => (await import('./read-included.ts')).readIncluded(path, beside),
    localFile: async (path) => (await import('./keep-local-file.ts')).keepLocalFile(path, store, signal),
    charmFiles: async (charm: CharmArtifact) => {
      const expect = { what: `charm ${charm.name} r${charm.revision}`, size: charm.size, digests: charm.digests };
      const open = async (offset: number, given: AbortSignal) => (await charmhub()).open(charm.source, { offset, signal: given });
      const { readCharmFiles } = await import('../clients/charm-file.ts');
      return readCharmFiles(await download({ open, expect, store, tries: settings.retries, signal }));
    },
    imageOfResource: ({ download: { source } }) => logins.read(source),
    all: (items, job) => mapLimit(items, settings.jobs, job, signal),
    report,
  };
}

async function keepDocuments({ documents, repository }: ResolvedImage, store: Store): Promise<void> {
  for (const { digest, bytes } of documents) await store.put(bytes, { what: `${repository}@${formatDigest(digest)}`, size: bytes.length, digests: [digest] });
}
