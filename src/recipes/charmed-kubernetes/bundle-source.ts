/** The bundle and the overlays that were asked for, read and merged as Juju merges them. */
import { dirname, join } from 'node:path/posix';
import type { Bundle } from '../../bundle/bundle.ts';
import { composeBundle } from '../../bundle/compose.ts';
import { resolveIncludes } from '../../bundle/include.ts';
import { readBundles, type BundleText } from '../../bundle/read.ts';
import { parseChannel, type Channel } from '../../domain/channel.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { BundleRelease } from '../../domain/releases.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { Upstream } from '../upstream.ts';
import type { SourceFile } from './source-file.ts';

export interface BundleSource {
  /** NAME of the archive. */
  readonly name: string;
  readonly channel: Channel | undefined;
  readonly base: BundleText;
  /** `name` is the file name under overlays/. */
  readonly overlays: readonly { readonly name: string; readonly text: BundleText }[];
  readonly merged: Bundle;
}

export interface ReadBundle {
  readonly source: BundleSource;
  readonly release?: BundleRelease;
  readonly sources: readonly SourceFile[];
  readonly warnings: readonly string[];
}

const OVERLAY_FOLDER = 'overlays';
const REPOSITORY = 'sources/github/charmed-kubernetes/bundle';

/** A path rather than a name on Charmhub: `./bundle.yaml`, `/srv/b.yaml`, `b.yaml`. */
export const isLocalBundle = (system: string): boolean => /^[./]/.test(system) || /\.ya?ml$/.test(system);

export async function readWantedBundle(request: RecipeRequest, upstream: Upstream): Promise<ReadBundle> {
  const local = isLocalBundle(request.system);
  const release = local ? undefined : await upstream.charmhub.bundle(request.system, request.channel);
  const text = release?.text ?? (await upstream.readFile(request.system)).toString('utf8');
  const file = release === undefined ? request.system : 'bundle.yaml';
  const [first] = readBundles([{ text, file }]);
  if (first === undefined) throw new Error('one text gives one bundle');
  const asked = release?.channel ?? request.channel;
  const channel = asked === undefined ? channelOfApplications(first.base.bundle) : parseChannel(asked);
  const wanted = await Promise.all(request.overlays.map((overlay) => readOverlay(overlay, channel, upstream)));
  const texts = await Promise.all(
    readBundles([{ text, file }, ...wanted]).map((each) => resolveIncludes(each, (path, relativeTo) => upstream.readFile(join(dirname(relativeTo), path)))),
  );
  const [base = first, ...overlays] = texts;
  const { bundle: merged, warnings } = composeBundle(base, overlays);
  return {
    source: {
      name: merged.name ?? (local ? stem(request.system) : request.system),
      channel,
      base,
      overlays: overlays.map((each, index) => ({ name: wanted[index]?.name ?? '', text: each })),
      merged,
    },
    ...(release !== undefined && { release }),
    sources: wanted.flatMap(({ source }) => (source === undefined ? [] : [source])),
    warnings: warnings.map(({ message }) => message),
  };
}

interface WantedOverlay {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly source?: SourceFile;
}

async function readOverlay(overlay: string, channel: Channel | undefined, upstream: Upstream): Promise<WantedOverlay> {
  const local = await localOverlay(overlay, upstream);
  if (local !== undefined) return { name: stem(overlay) + '.yaml', file: overlay, text: local.toString('utf8') };
  const wanted = overlay.replace(/\.ya?ml$/, '');
  // A release's own branch fits its charms better than the default branch.
  for (const ref of [...(channel === undefined ? [] : [`release_${channel.track}`]), undefined]) {
    const names = await upstream.bundleRepository.list(OVERLAY_FOLDER, ref);
    const name = [`${wanted}.yaml`, `${wanted}-overlay.yaml`].find((candidate) => names?.includes(candidate));
    const bytes = name === undefined ? undefined : await upstream.bundleRepository.read(`${OVERLAY_FOLDER}/${name}`, ref);
    if (name !== undefined && bytes !== undefined) {
      return {
        name,
        file: `${OVERLAY_FOLDER}/${name}`,
        text: bytes.toString('utf8'),
        source: { path: `${REPOSITORY}/${ref ?? 'HEAD'}/${OVERLAY_FOLDER}/${name}`, bytes },
      };
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

/** What a bundle says of its channel: the one that most of its applications name. */
function channelOfApplications({ applications }: Bundle): Channel | undefined {
  const counts = new Map<string, number>();
  for (const application of applications.values()) {
    if (application?.channel !== undefined && application.channel !== '') counts.set(application.channel, (counts.get(application.channel) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most === undefined ? undefined : parseChannel(most[0]);
}

const stem = (path: string): string => (path.split('/').at(-1) ?? path).replace(/\.ya?ml$/, '');
