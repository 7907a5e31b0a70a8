/** Plans again from nothing but the archive: it is served, and its own request is planned against it. What is missing shows as what a planner cannot find. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { MaxFormat } from '../../assertion/assertion.ts';
import type { Report } from '../../domain/events.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { Plan } from '../../domain/plan.ts';
import type { NamedList, RecipeRequest } from '../../recipes/recipe.ts';
import { SKIP_KINDS } from '../../recipes/recipe.ts';
import { createUpstreamServer } from '../../serve/server.ts';
import { makePlan } from '../make-plan.ts';
import { readInput } from '../read-input.ts';
import { openSession } from '../session.ts';
import type { Settings } from '../settings.ts';

export interface ReplanOptions {
  readonly site: string;
  readonly scratch: string;
  readonly manifest: Manifest;
  readonly tool: string;
  readonly now: Date;
  readonly maxFormat?: MaxFormat;
  readonly signal: AbortSignal;
  readonly report: Report;
}

export async function replan(options: ReplanOptions): Promise<{ plan: Plan; settings: Settings }> {
  const server = createUpstreamServer({ dirs: [options.site], pushDir: false });
  const { url } = await server.listen('127.0.0.1', 0);
  try {
    const settings = await settingsFor(url, options);
    const session = await openSession(settings, { report: options.report, signal: options.signal });
    try {
      return { plan: await makePlan({ request: await requestOf(options), catalogues: [] }, session), settings };
    } finally {
      await session.close();
    }
  } finally {
    await server.close();
  }
}

async function settingsFor(url: string, { site, scratch, tool, now, maxFormat }: ReplanOptions): Promise<Settings> {
  const folder = join(site, 'snaps', 'trust');
  const roots = await readdir(folder).catch(() => []);
  return {
    tool,
    charmhubUrl: url,
    snapStoreUrl: url,
    bundleRepo: url,
    registryMirrors: new Map([['*', url]]),
    insecureRegistries: new Set(),
    proxy: {},
    snapTrust: await Promise.all(roots.toSorted().map(async (file) => ({ file, bytes: await readFile(join(folder, file)) }))),
    ...(maxFormat !== undefined && { maxFormat }),
    cacheDir: join(scratch, 'cache'),
    ephemeralCache: false,
    jobs: 4,
    retries: 2,
    keepGoing: false,
    // The tools of this machine are not asked: nothing is packed.
    allowIncompleteImages: true,
    toolPath: '',
    now,
    date: now,
  };
}

/** The archive's own request; a local bundle, local overlays and lists of images are read from the copies that travel in it. */
async function requestOf({ site, manifest }: ReplanOptions): Promise<RecipeRequest> {
  const { bundle } = manifest;
  const { lists, ...request } = manifest.request;
  const official = new Set(await repositoryOverlays(site));
  return {
    ...request,
    ...(lists !== undefined && { lists: await Promise.all(lists.map((name) => readList(site, name))) }),
    withRegistry: request.withRegistry === true,
    allowIncompleteImages: request.allowIncompleteImages === true,
    system: bundle === undefined && lists === undefined ? join(site, 'bundle.orig.yaml') : request.system,
    overlays: request.overlays.map((name) => (official.has(name) ? name : join(site, 'overlays', name))),
    skip: SKIP_KINDS.filter((kind) => request.skip.includes(kind)),
  };
}

async function readList(site: string, name: string): Promise<NamedList> {
  const file = join(site, 'sources', 'lists', basename(name));
  return { file, bytes: await readInput(file) };
}

async function repositoryOverlays(site: string): Promise<string[]> {
  const root = join(site, 'sources', 'github');
  const paths = await readdir(root, { recursive: true, encoding: 'utf8' }).catch(() => []);
  return paths.filter((path) => /\/overlays\/[^/]+$/.test(path)).map((path) => path.slice(path.lastIndexOf('/') + 1));
}
