/** discover → plan → fetch → verify → assemble → archive. */
import type { Plan } from '../domain/plan.ts';
import { fetchAll } from '../fetch/fetch-all.ts';
import type { Destination, Packed } from './destination.ts';
import { pullWarnings } from './pull-warnings.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import type { AddonOptions } from './verify-addons.ts';

export async function pack(plan: Plan, destination: Destination, settings: Settings, session: Session): Promise<Packed> {
  const { store, signal, report } = session;
  await session.logIn(plan);
  report({ type: 'stage', stage: 'fetch', state: 'start', detail: `${plan.totals.artifacts} artifacts` });
  for (const message of await pullWarnings(plan.artifacts, store, session.remainingPulls)) report({ type: 'warning', code: 'registry', message });
  const fetching = fetchAll(plan.artifacts, {
    upstream: session.fetchUpstream,
    store,
    signal,
    report,
    jobs: settings.jobs,
    tries: settings.retries,
    keepGoing: settings.keepGoing,
  });
  // What writes the archive is loaded while the first bytes are waited for.
  const writing = import('./write-archive.ts');
  const assertions = await fetching;
  report({ type: 'stage', stage: 'fetch', state: 'done' });

  report({ type: 'stage', stage: 'verify', state: 'start' });
  const snapSigners = await signersOf(plan, assertions, settings);
  await verifyAddonImages(plan, { store, allowIncomplete: settings.allowIncompleteImages, toolPath: settings.toolPath, report, signal });
  report({ type: 'stage', stage: 'verify', state: 'done', detail: `${snapSigners.size} snap chains` });

  return (await writing).writeArchive({ plan, assertions, snapSigners }, destination, settings, session);
}

const hasSnaps = ({ artifacts }: Plan): boolean => artifacts.some(({ kind }) => kind === 'snap');

async function signersOf(plan: Plan, assertions: ReadonlyMap<string, Buffer>, settings: Settings): Promise<Map<string, string>> {
  if (!hasSnaps(plan)) return new Map();
  const [{ verifySnaps }, { chainOptionsOf }] = await Promise.all([import('./verify-snaps.ts'), import('./trust.ts')]);
  return verifySnaps(plan.artifacts, assertions, chainOptionsOf(settings));
}

/** They stand in a snap. */
async function verifyAddonImages(plan: Plan, options: AddonOptions): Promise<void> {
  if (hasSnaps(plan)) await (await import('./verify-addons.ts')).verifyAddons(plan, options);
}
