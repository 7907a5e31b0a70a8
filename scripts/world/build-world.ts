/** A directory laid out like an unpacked archive that `shrinkwrap serve` answers from as all the upstreams (docs/archive-format.md). */
import { setMaxListeners } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { canonicalJson } from '#src/domain/canonical-json.js';
import { ARCHIVE_FORMAT, type Manifest, type ManifestArtifact } from '#src/domain/manifest.js';
import { byCodeUnit, sortedBy } from '#src/domain/sorted.js';
import { createTrust } from '../pki/create-trust.ts';
import { UsageError, type WorldRequest } from './arguments.ts';
import { type BundleFile, bundleNeeds, type BundleNeeds } from './bundle-needs.ts';
import { charmReleases } from './charm-releases.ts';
import { numberFrom, storeId } from './identity.ts';
import { addonImages, imageNames } from './image-names.ts';
import { readKnowledge } from './knowledge.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { snapReleases } from './snap-releases.ts';
import { createTree, type Tree } from './tree.ts';
import { readTrust, writeTrust } from './trust.ts';
import { writeCharms } from './write-charms.ts';
import { writeImages } from './write-images.ts';
import { writeSnaps } from './write-snaps.ts';

export interface WorldSummary {
  readonly counts: Readonly<Record<string, number>>;
  readonly bytes: number;
}

const REPOSITORY = 'sources/github/charmed-kubernetes/bundle/HEAD';

export async function buildWorld(request: WorldRequest, now: Date, signal: AbortSignal): Promise<WorldSummary> {
  setMaxListeners(0, signal); // every open stream listens
  const [knowledge, bundle, overlays, lists] = await Promise.all([
    readKnowledge(request.charms),
    readBundle(request.bundle),
    readFolder(request.overlays, '.yaml'),
    readFolder(request.imageLists, '.txt'),
  ]);
  await makeEmpty(request.out);
  // Large primes take seconds, on threads of their own: meanwhile everything but the snaps is written.
  const trusting = request.trust === undefined ? createTrust({ now }) : readTrust(request.trust);
  const tree = createTree(request.out);
  await writeRepository(bundle, overlays, lists, tree);
  const needs = bundleNeeds(bundle, overlays);
  const charms = charmReleases(needs, request.channel, request.archs, knowledge);
  const images = await writeImages(imageNames(lists, request.channel, charms), request.archs, tree, signal);
  const digestOf = (image: string): string => images.digests.get(image) ?? '';
  const charmRows = await writeCharms(charms, request.channel, { wheelhouse: knowledge.wheelhouse, digestOf }, tree);
  const trust = await trusting;
  const snapRows = await writeSnaps(
    snapReleases(charms, needs.charms, request.archs, knowledge),
    { addonImages: addonImages(lists, request.channel), trust, now },
    tree,
  );
  if (request.keys) await writeTrust(trust, `${request.out}.keys`);
  const artifacts = sortedBy([...charmRows, ...snapRows, ...images.artifacts], ({ path }) => path);
  await tree.write('manifest.json', canonicalJson(manifestOf(request, needs, artifacts, now)));
  await tree.write('SHA256SUMS', sums(tree));
  return summaryOf(artifacts, tree);
}

async function makeEmpty(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  if ((await readdir(out)).length > 0) throw new UsageError(`--out ${out} is not empty`);
}

async function readBundle(path: string): Promise<BundleFile> {
  try {
    return { file: basename(path), text: await readFile(path, 'utf8') };
  } catch (error) {
    throw new UsageError(`--bundle ${path} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}

async function readFolder(folder: string | undefined, ending: string): Promise<BundleFile[]> {
  if (folder === undefined) return [];
  const names = await readdir(folder).catch((error: unknown) => {
    throw new UsageError(`${folder} cannot be read: ${error instanceof Error ? error.message : ''}`);
  });
  const wanted = names.filter((name) => name.endsWith(ending)).toSorted(byCodeUnit);
  return Promise.all(wanted.map(async (file) => ({ file, text: await readFile(join(folder, file), 'utf8') })));
}

async function writeRepository(bundle: BundleFile, overlays: readonly BundleFile[], lists: readonly BundleFile[], tree: Tree): Promise<void> {
  await tree.write('bundle.orig.yaml', bundle.text);
  await mapConcurrently(overlays, ({ file, text }) => tree.write(`${REPOSITORY}/overlays/${file}`, text));
  await mapConcurrently(lists, ({ file, text }) => tree.write(`${REPOSITORY}/container-images/${file}`, text));
}

function manifestOf(request: WorldRequest, needs: BundleNeeds, artifacts: readonly ManifestArtifact[], now: Date): Manifest {
  const { channel, archs } = request;
  const name = request.name ?? needs.name ?? basename(request.bundle).replace(/\.ya?ml$/, '');
  return {
    format: ARCHIVE_FORMAT,
    tool: 'shrinkwrap world',
    created: now.toISOString().replace('.000Z', 'Z'),
    request: { system: name, channel, archs, overlays: [], skip: [], imageSources: [] },
    bundle: { name, id: storeId('bundle', name), revision: numberFrom(`${name} ${channel}`, 1000, 500), channel },
    bases: archs.map((arch) => ({ base: `ubuntu@${needs.base ?? '24.04'}`, arch })),
    warnings: [],
    artifacts,
  };
}

/** `sha256sum -c` form. */
const sums = (tree: Tree): string =>
  tree
    .files()
    .map(({ sha256, path }) => `${sha256}  ${path}\n`)
    .join('');

function summaryOf(artifacts: readonly ManifestArtifact[], tree: Tree): WorldSummary {
  const counts = { charm: 0, resource: 0, snap: 0, image: 0 };
  for (const { kind } of artifacts) counts[kind] += 1;
  return { counts, bytes: tree.files().reduce((sum, { size }) => sum + size, 0) };
}
