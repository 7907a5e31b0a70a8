/** The bundle and the overlays that were asked for, read and merged as Juju merges them. */
import type { Bundle } from '../../bundle/bundle.ts';
import { tryCompose } from '../../bundle/compose.ts';
import { resolveIncludes } from '../../bundle/include.ts';
import type { Places } from '../../bundle/places.ts';
import { readBundles, refuseProblems, type BundleText } from '../../bundle/read.ts';
import { parseChannel, type Channel } from '../../domain/channel.ts';
import type { Problem } from '../../domain/errors.ts';
import type { BundleRelease } from '../../domain/releases.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { Upstream } from '../upstream.ts';
import type { Catalogue } from './catalogue.ts';
import { mapCharmStore } from './charm-store.ts';
import { correctOverlays } from './corrections.ts';
import { channelWarnings, optionChannel } from './kubernetes-channel.ts';
import { keepLocalFiles, type LocalFiles } from './local-files.ts';
import { overlayNames } from './overlay-names.ts';
import { readOverlay } from './overlay-source.ts';
import type { SourceFile } from '../source-file.ts';

export interface BundleSource {
  /** NAME of the archive. */
  readonly name: string;
  readonly channel: Channel | undefined;
  readonly base: BundleText;
  /** `name` is the file name under overlays/. */
  readonly overlays: readonly { readonly name: string; readonly text: BundleText }[];
  readonly merged: Bundle;
  readonly places: Places;
}

export interface ReadBundle {
  readonly source: BundleSource;
  readonly release?: BundleRelease;
  readonly local: LocalFiles;
  /** Official overlays that do not fit: told together with what the charms say. */
  readonly misfits: readonly Problem[];
  readonly sources: readonly SourceFile[];
  readonly warnings: readonly string[];
}

/** What comes over the network or out of a zip has no files beside it here. */
const NOTHING_BESIDE = { refused: 'no files come with what is not a file of this machine' };

/** A path rather than a name on Charmhub: `./bundle.yaml`, `/srv/b.yaml`, `b.yaml`. */
export const isLocalBundle = (system: string): boolean => /^[./]/.test(system) || /\.ya?ml$/.test(system);

export async function readWantedBundle(request: RecipeRequest, catalogue: Catalogue, upstream: Upstream): Promise<ReadBundle> {
  const local = isLocalBundle(request.system);
  const release = local ? undefined : await upstream.charmhub.bundle(request.system, request.channel);
  const { text, file, packed } = release === undefined ? await upstream.bundleFile(request.system) : { text: release.text, file: 'bundle.yaml', packed: true };
  const [first] = readBundles([{ text, file }]);
  if (first === undefined) throw new Error('one text gives one bundle');
  const asked = release?.channel ?? request.channel;
  const channel = asked === undefined ? (channelOfApplications(first.base.bundle) ?? optionChannel(first.base.bundle, catalogue)) : parseChannel(asked);
  const wanted = await Promise.all(request.overlays.map((overlay) => readOverlay(overlay, channel, upstream)));
  const own = new Set([...(packed ? [] : [file]), ...wanted.filter(({ source }) => source === undefined).map((overlay) => overlay.file)]);
  const [base = first, ...texts] = await Promise.all(
    readBundles([{ text, file }, ...wanted]).map((each) =>
      resolveIncludes(each, async (path, beside) => (own.has(beside) ? upstream.includedFile(path, beside) : NOTHING_BESIDE)),
    ),
  );
  const { composed, problems } = tryCompose(base, texts);
  const { places } = composed;
  const mapped = mapCharmStore(composed.bundle, places, request.mapCharmstore === true);
  const files = await keepLocalFiles(mapped.bundle, base, places, own, upstream);
  refuseProblems('bundle', [...problems, ...mapped.problems, ...files.problems]);
  const names = overlayNames(wanted.map(({ name, source }) => ({ name, official: source !== undefined })));
  const overlays = texts.map((each, index) => ({ name: names[index] ?? '', text: each }));
  const track = (channel ?? optionChannel(mapped.bundle, catalogue))?.track ?? 'latest';
  const corrected = correctOverlays(mapped.bundle, overlays, track, { catalogue, places, apply: request.correctOverlays === true });
  const storeTold = (problem: Problem): boolean => request.mapCharmstore === true && problem.code === 'charm-store';
  return {
    source: { name: composed.bundle.name ?? (local ? stem(file) : request.system), channel, base, overlays, merged: corrected.bundle, places },
    ...(release !== undefined && { release }),
    local: files,
    misfits: corrected.problems,
    sources: wanted.flatMap(({ source }) => (source === undefined ? [] : [source])),
    warnings: [
      ...composed.warnings.filter((problem) => !storeTold(problem)).map(({ message }) => message),
      ...mapped.warnings,
      ...corrected.warnings,
      ...files.warnings,
      ...channelWarnings(corrected.bundle, channel, catalogue),
    ],
  };
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

const stem = (path: string): string => (path.split('/').at(-1) ?? path).replace(/\.(?:ya?ml|bundle|zip)$/, '');
