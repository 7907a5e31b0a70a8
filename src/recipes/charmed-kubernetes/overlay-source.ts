/** One overlay: a file of the user's, or an official one by name, of the release's own branch where there is one. */
import type { Channel } from '../../domain/channel.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { Upstream } from '../upstream.ts';
import type { SourceFile } from '../source-file.ts';

export interface WantedOverlay {
  /** File name under overlays/. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** Absent for a file of the user's. */
  readonly source?: SourceFile;
}

const OVERLAY_FOLDER = 'overlays';
const REPOSITORY = 'sources/github/charmed-kubernetes/bundle';

export async function readOverlay(overlay: string, channel: Channel | undefined, upstream: Upstream): Promise<WantedOverlay> {
  const local = await localOverlay(overlay, upstream);
  if (local !== undefined) return { name: `${stem(overlay)}.yaml`, file: overlay, text: local.toString('utf8') };
  const wanted = overlay.replace(/\.ya?ml$/, '');
  // A release's own branch fits its charms better than the default branch.
  for (const ref of [...(channel === undefined ? [] : [`release_${channel.track}`]), undefined]) {
    const names = await upstream.bundleRepository.list(OVERLAY_FOLDER, ref);
    const name = [`${wanted}.yaml`, `${wanted}-overlay.yaml`].find((candidate) => names?.includes(candidate));
    const bytes = name === undefined ? undefined : await upstream.bundleRepository.read(`${OVERLAY_FOLDER}/${name}`, ref);
    if (name !== undefined && bytes !== undefined) {
      const path = `${REPOSITORY}/${ref ?? 'HEAD'}/${OVERLAY_FOLDER}/${name}`;
      return { name, file: `${OVERLAY_FOLDER}/${name}`, text: bytes.toString('utf8'), source: { path, bytes } };
    }
  }
  const exists = ((await upstream.bundleRepository.list(OVERLAY_FOLDER)) ?? [])
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replace(/(?:-overlay)?\.yaml$/, ''));
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'overlay', name: overlay, where: 'the bundle repository', exists });
}

/** A name with a slash must be a file; a bare `x.yaml` is one when it is there. */
async function localOverlay(overlay: string, upstream: Upstream): Promise<Buffer | undefined> {
  const mustExist = overlay.includes('/');
  if (!mustExist && !/\.ya?ml$/.test(overlay)) return undefined;
  try {
    return await upstream.readFile(overlay);
  } catch (error) {
    if (!mustExist && isShrinkwrapError(error) && error.code === 'INPUT_ABSENT') return undefined;
    throw error;
  }
}

const stem = (path: string): string => (path.split('/').at(-1) ?? path).replace(/\.ya?ml$/, '');
