/** A dress rehearsal of the far side: the archive's own scripts against an empty registry, then everything compared with what bundle and charms need. */
import { copyFile, link, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MaxFormat } from '../../assertion/assertion.ts';
import { archiveFileName } from '../../domain/archive-name.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { Report } from '../../domain/events.ts';
import { ARCHIVE_FORMAT, type Manifest } from '../../domain/manifest.ts';
import type { Plan } from '../../domain/plan.ts';
import { unpackArchive } from '../../store/unpack-archive.ts';
import { archiveReadme } from '../archive-readme.ts';
import { kitEntries } from '../kit-entries.ts';
import type { Check } from './check.ts';
import { compareWithPlan, sameBytes } from './compare.ts';
import { ownClaims } from './own-claims.ts';
import { withFarSide } from './far-side.ts';
import { registryChecks } from './registry-checks.ts';
import { replan } from './replan.ts';

export interface RehearseOptions {
  /** Archive or unpacked directory. */
  readonly path: string;
  /** An empty folder of our own, on the same file system as the archive where that can be. */
  readonly scratch: string;
  /** PATH of the machine. */
  readonly toolPath: string;
  readonly tool: string;
  readonly now: Date;
  /** Newest formats of assertions that the site's snapd reads. */
  readonly maxFormat?: MaxFormat;
  readonly signal: AbortSignal;
  readonly report: Report;
}

export interface Rehearsal {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const { report } = options;
  const site = await siteOf(options);
  const manifest = await readManifest(site);
  report({ type: 'note', message: `rehearsing ${manifest.request.system} in ${site}` });
  const { scratch, toolPath: path, signal } = options;
  return withFarSide({ site, scratch, path, signal, onLine: (message) => report({ type: 'note', message }) }, async ({ checks: far, registry }) => {
    const checks = [
      ...far,
      ...(await kitChecks(site, manifest, options.tool)),
      ...(await ownClaims(site, manifest)),
      ...(await contentChecks(site, manifest, registry, options)),
    ];
    return { ok: checks.every(({ status }) => status === 'ok'), checks };
  });
}

/** What the archive's own scripts say is one half; the other asks a planner that reads the same archive as its only upstream. */
async function contentChecks(site: string, manifest: Manifest, registry: string, options: RehearseOptions): Promise<Check[]> {
  const { tool, signal } = options;
  try {
    const { plan, settings } = await replan({ ...options, site, manifest });
    return [
      ...(await compareWithPlan({ site, plan, settings, signal })),
      ...(await readmeChecks(site, plan, manifest, tool)),
      ...(await registryChecks(plan, registry, tool, signal)),
    ];
  } catch (error) {
    signal.throwIfAborted();
    if (!isShrinkwrapError(error)) throw error;
    return [{ path: 'what bundle and charms need', status: 'missing', error }];
  }
}

/** What the operator reads; what was warned of when the archive was packed is the manifest's to know. */
async function readmeChecks(site: string, plan: Plan, manifest: Manifest, tool: string): Promise<Check[]> {
  if (manifest.tool !== tool) return [];
  const file = archiveFileName(plan.archive, plan.request.archs, new Date(manifest.created));
  return [await sameBytes(site, 'README.md', Buffer.from(await archiveReadme({ ...plan, warnings: manifest.warnings }, file)))];
}

/** The kit is static: an archive of this version of the tool must have exactly these scripts. */
async function kitChecks(site: string, manifest: Manifest, tool: string): Promise<Check[]> {
  if (manifest.tool !== tool) return [];
  const entries = await kitEntries();
  return Promise.all(
    entries.map(async (entry) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry.open(AbortSignal.timeout(60_000)) as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return sameBytes(site, entry.path, Buffer.concat(chunks));
    }),
  );
}

async function readManifest(site: string): Promise<Manifest> {
  const path = join(site, 'manifest.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what: 'the archive', field: 'manifest.json', wanted: 'a file', found: 'none' }, { cause: error });
  });
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format !== ARCHIVE_FORMAT)
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'manifest.json', text: String(manifest.format), wanted: ARCHIVE_FORMAT });
  return manifest;
}

/** deploy.sh writes beside its files, so that it works on a copy; links cost no space. */
async function siteOf({ path, scratch, signal }: RehearseOptions): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  });
  const into = join(scratch, 'site');
  await mkdir(into, { recursive: true });
  if (!found.isDirectory()) return unpackArchive(path, into, signal);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(into, from.slice(path.replace(/\/+$/, '').length + 1));
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch(() => copyFile(from, to));
  }
  return into;
}
