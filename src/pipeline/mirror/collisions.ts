/** Images that would overwrite each other, found before anything is written. */
import { formatDigest } from '../../domain/digest.ts';
import { isShrinkwrapError, ShrinkwrapError, type Problem } from '../../domain/errors.ts';
import { formatTarget, type MirrorJob } from './job.ts';

/** Only where two names meet at one target their digests are asked for. INPUT_INVALID with every pair that differs; what cannot be asked for fails later, by itself. */
export async function refuseCollisions(jobs: readonly MirrorJob[], signal: AbortSignal): Promise<void> {
  const groups = new Map<string, MirrorJob[]>();
  for (const job of jobs) groups.set(formatTarget(job.target), [...(groups.get(formatTarget(job.target)) ?? []), job]);
  const problems: Problem[] = [];
  for (const [target, group] of groups) {
    if (group.length < 2) continue;
    const found = await Promise.all(group.map(async ({ source, digest }) => ({ source, digest: await digestOrNone(digest, signal) })));
    const [first, ...others] = found.filter((each) => each.digest !== undefined);
    const other = others.find(({ digest }) => digest !== first?.digest);
    if (first === undefined || other === undefined) continue;
    const told = [first, other].map(({ source, digest }) => `${source} (${digest ?? ''})`).join(' and ');
    problems.push({ code: 'collision', message: `${told} would both be ${target}` });
  }
  if (problems.length > 0) throw new ShrinkwrapError('INPUT_INVALID', { what: 'set of images', problems });
}

async function digestOrNone(ask: MirrorJob['digest'], signal: AbortSignal): Promise<string | undefined> {
  try {
    return formatDigest(await ask(signal));
  } catch (error) {
    signal.throwIfAborted();
    if (isShrinkwrapError(error)) return undefined;
    throw error;
  }
}
