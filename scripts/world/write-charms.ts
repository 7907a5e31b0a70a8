/** charms/*.charm, their YAML files under sources/, their resources, and the rows of the manifest. */
import { archSuffix } from '#src/domain/archive-name.js';
import type { ManifestArtifact } from '#src/domain/manifest.js';
import { CHARM_YAMLS, charmArchive, type CharmContext, charmFiles } from './charm-archive.ts';
import type { CharmRelease, CharmResource } from './charm-release.ts';
import { groupBy } from '#src/domain/group-by.js';
import { revisionNumbers } from './identity.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { resourceBytes } from './resource-bytes.ts';
import type { Tree } from './tree.ts';

const CHARMHUB = 'https://api.charmhub.io';
const SIGNER = 'charmhub (TLS)';

/** `main` is the channel whose resources lie in plain folders; those of the others get their channel into the folder's name. */
export async function writeCharms(releases: readonly CharmRelease[], main: string, context: CharmContext, tree: Tree): Promise<ManifestArtifact[]> {
  const charms = await mapConcurrently(releases, (release) => writeCharm(release, context, tree));
  const resources = await mapConcurrently(placesOf(releases, main), (place) => writeResource(place, context, tree));
  return [...charms, ...resources];
}

interface ResourcePlace {
  readonly release: CharmRelease;
  readonly resource: CharmResource;
  readonly folder: string;
  readonly revision: number;
}

function placesOf(releases: readonly CharmRelease[], main: string): ResourcePlace[] {
  const revisionOf = revisionNumbers();
  return [...groupBy(releases, ({ name }) => name).values()].flatMap((mine) => {
    // Two architectures of one charm share its resources.
    const byChannel = [...new Map(mine.toReversed().map((release) => [release.channel, release])).values()].toReversed();
    const plain = byChannel.find(({ channel }) => channel === main) ?? byChannel[0];
    return byChannel.flatMap((release) => {
      const folder = release === plain ? release.name : `${release.name}_${release.channel.replaceAll('/', '-')}`;
      return release.resources.flatMap((resource): ResourcePlace[] => {
        const revision = revisionOf(`${release.name}/${resource.name}`, release.channel, 1000);
        return [{ release, resource, folder, revision }, ...(release === plain ? pinnedPlaces(release, resource) : [])];
      });
    });
  });
}

/** Older revisions that a bundle names by number: served, but on no channel where the charm is. */
function pinnedPlaces(release: CharmRelease, resource: CharmResource): ResourcePlace[] {
  const pinned = { ...release, channel: `${release.track}/beta/pinned` };
  return [...(release.pins.get(resource.name) ?? [])].map((revision) => ({
    release: pinned,
    resource,
    folder: `${release.name}_pinned-${revision}`,
    revision,
  }));
}

async function writeCharm(release: CharmRelease, context: CharmContext, tree: Tree): Promise<ManifestArtifact> {
  const { name, id, revision, channel, arch, bases, applications } = release;
  const stem = `${name}_r${revision}${archSuffix(arch)}`;
  const files = charmFiles(release, context);
  const { path, size, sha256 } = await tree.write(`charms/${stem}.charm`, charmArchive(files));
  for (const file of files.filter(({ name: file }) => CHARM_YAMLS.some((known) => known === file)))
    await tree.write(`sources/charms/${stem}/${file.name}`, file.bytes);
  return {
    kind: 'charm',
    name,
    version: String(revision),
    revision,
    channel,
    ...(arch !== undefined && { arch }),
    path,
    size,
    digests: { sha256 },
    source: `${CHARMHUB}/api/v1/charms/download/${id}_${revision}.charm`,
    signer: SIGNER,
    verified: true,
    reasons: applications.map((application) => `application ${application}`),
    id,
    bases: bases.map((base) => `ubuntu@${base}`),
  };
}

/** Charmhub gives a login with an image (facts/charmhub-juju.md 1.9). */
function bytesOf(
  { name, channel }: CharmRelease,
  { name: resource, filename, empty, image }: CharmResource,
  revision: number,
  { digestOf }: CharmContext,
): Promise<Buffer> {
  if (empty) return Promise.resolve(Buffer.alloc(0));
  if (image === undefined) return resourceBytes(name, resource, filename, `${channel} ${revision}`);
  const reference = `${image.replace(/:[^:/]*$/, '')}@${digestOf(image)}`;
  return Promise.resolve(Buffer.from(JSON.stringify({ ImageName: reference, Username: 'world-user', Password: 'world-password' })));
}

async function writeResource({ release, resource, folder, revision }: ResourcePlace, context: CharmContext, tree: Tree): Promise<ManifestArtifact> {
  const { name, id, channel, applications } = release;
  const bytes = await bytesOf(release, resource, revision, context);
  const { path, size, sha256 } = await tree.write(`resources/${folder}/${resource.name}/${resource.filename}`, bytes);
  return {
    kind: 'resource',
    name: `${name}/${resource.name}`,
    version: String(revision),
    revision,
    channel,
    path,
    size,
    digests: { sha256 },
    source: `${CHARMHUB}/api/v1/resources/download/charm_${id}.${resource.name}_${revision}`,
    signer: SIGNER,
    verified: true,
    reasons: [`resource ${resource.name} of charm ${name}`],
    application: applications[0] ?? name,
    charm: name,
    resource: resource.name,
    filename: resource.filename,
  };
}
