/** `shrinkwrap mirror`: an archive, packed or unpacked, or a list → a registry. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCredentials } from '../../clients/oci/credential-sources.ts';
import { createPushClient } from '../../clients/oci/push.ts';
import { createRegistryClient } from '../../clients/oci/registry.ts';
import type { Platform } from '../../domain/arch.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Report } from '../../domain/events.ts';
import { listedNames } from '../../recipes/listed-names.ts';
import type { NamedList } from '../../recipes/recipe.ts';
import { unpackArchive } from '../../store/unpack-archive.ts';
import { openHttp } from '../open-http.ts';
import type { Settings } from '../settings.ts';
import { archiveJobs } from './archive-jobs.ts';
import type { Destination } from './destination.ts';
import type { MirrorJob } from './job.ts';
import { listJobs } from './list-jobs.ts';
import { mirror, type MirrorReport } from './mirror.ts';

export type MirrorSource = { readonly list: NamedList; readonly platform?: Platform } | { readonly archive: string } | { readonly directory: string };

export interface MirrorRun {
  readonly source: MirrorSource;
  readonly destination: Destination;
  readonly dryRun: boolean;
}

/** Images of an archive go where its own deploy.sh puts them. */
const ARCHIVE_PATH = 'cdk';

export async function mirrorSource(
  { source, destination, dryRun }: MirrorRun,
  settings: Settings,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<MirrorReport> {
  const note = (message: string): void => report({ type: 'note', message });
  // Each with turns of its own: an upload that waits for its bytes must not keep them from their turn, when both are one host.
  const from = openHttp(settings, { report, signal, stage: 'mirror' });
  const to = openHttp(settings, { report, signal, stage: 'mirror' });
  const credentials = createCredentials({ environment: settings.environment ?? {}, note, signal });
  const insecureHosts = settings.insecureRegistries;
  const pusher = createPushClient({ http: to, insecureHosts, credentials, tries: settings.retries, signal });
  const client = createRegistryClient({ http: from, mirrors: settings.registryMirrors, insecureHosts, credentials, note, signal });
  const push = (jobs: readonly MirrorJob[]): Promise<MirrorReport> => mirror(jobs, { pusher, dryRun, concurrency: settings.jobs, report, signal });
  try {
    if ('list' in source) {
      const { list, platform } = source;
      return await push(listJobs(namesOf(list), { client, destination, tries: settings.retries, ...(platform !== undefined && { platform }) }));
    }
    const below = { path: ARCHIVE_PATH, ...destination };
    if ('directory' in source) return await push(await archiveJobs(source.directory, below));
    return await unpacked(source.archive, signal, async (path) => push(await archiveJobs(path, below)));
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

function namesOf(list: NamedList): string[] {
  const names = listedNames([list]).map(({ name }) => name);
  if (names.length > 0) return names;
  throw new ShrinkwrapError('INPUT_INVALID', { what: 'image list', problems: [{ file: list.file, code: 'empty', message: 'no image is named in it' }] });
}

/** Only what images are made of is unpacked, and it goes again. */
async function unpacked<T>(archive: string, signal: AbortSignal, use: (path: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'shrinkwrap-mirror-'));
  try {
    return await use(await unpackArchive(archive, scratch, signal, (path) => /^(?:containers|sources\/images)\//.test(path)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
