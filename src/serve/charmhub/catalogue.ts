/** What Charmhub has: the charms, resources and bundles of the directories, as releases on channels. */
import { createHash } from 'node:crypto';
import type { Channel } from '../../domain/channel.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { readChannel } from '../channels.ts';
import type { Directory } from '../directory.ts';
import { type Content, bytesContent } from '../exchange.ts';
import type { CharmRow, Manifest, ResourceRow } from '../manifest.ts';
import { type CharmYaml, readCharmYaml } from './charm-yaml.ts';
import { type ResourceDeclaration, declarationsOf } from './declared-resources.ts';
import { storedZip } from './stored-zip.ts';

/** Name, channel and architecture may each be `all`. */
export interface BaseRow {
  readonly name: string;
  readonly channel: string;
  readonly architecture: string;
}

/** One revision of a charm or bundle: the file. */
export interface Package {
  readonly type: 'charm' | 'bundle';
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly version: string;
  readonly bases: readonly BaseRow[];
  readonly createdAt: string;
  readonly content: Content;
  readonly sha256: string;
  /** Empty text for a file that it lacks. */
  yaml(name: CharmYaml): Promise<string>;
  readonly bundleYaml: string | null;
}

export interface ResourceFile {
  readonly charm: string;
  readonly charmId: string;
  readonly name: string;
  readonly filename: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly content: Content;
  readonly sha256: string;
  declared(): Promise<ResourceDeclaration>;
}

export interface Release {
  readonly channel: Channel;
  readonly package: Package;
  readonly resources: readonly ResourceFile[];
}

export interface CharmhubCatalogue {
  readonly names: readonly string[];
  /** In the order of the directories; empty for an unknown name. */
  releases(name: string): readonly Release[];
  nameOfId(id: string): string | undefined;
  /** Every revision of the resource that is here. */
  resources(charm: string, resource: string): readonly ResourceFile[];
}

interface Source {
  readonly directory: Directory;
  readonly manifest: Manifest;
}

export async function readCharmhubCatalogue(sources: readonly Source[]): Promise<CharmhubCatalogue> {
  const releases = new Map<string, Release[]>();
  const resources: ResourceFile[] = [];
  const taken = new Set<string>();
  for (const source of sources) {
    const files = await readResources(source);
    resources.push(...files.map(({ file }) => file));
    for (const release of [...(await readBundle(source)), ...(await readCharms(source, files))]) {
      const key = releaseKey(release);
      if (taken.has(key)) continue;
      taken.add(key);
      releases.set(release.package.name, [...(releases.get(release.package.name) ?? []), release]);
    }
  }
  const idsToNames = new Map([...releases.values()].flat().map(({ package: { id, name } }) => [id, name]));
  return {
    names: [...releases.keys()].toSorted(),
    releases: (name) => releases.get(name) ?? [],
    nameOfId: (id) => idsToNames.get(id),
    resources: (charm, name) => uniqueRevisions(resources.filter((file) => file.charm === charm && file.name === name)),
  };
}

const releaseKey = ({ channel, package: { name, bases } }: Release): string => JSON.stringify([name, channel.track, channel.risk, channel.branch, bases]);

const uniqueRevisions = (files: readonly ResourceFile[]): ResourceFile[] =>
  files.filter(({ revision }, index) => files.findIndex((other) => other.revision === revision) === index).toSorted((a, b) => b.revision - a.revision);

function channelOf(text: string, where: string): Channel {
  const channel = readChannel(text);
  if (channel === undefined) throw new ShrinkwrapError('INPUT_MALFORMED', { what: `${where}: channel`, text, wanted: 'TRACK/RISK[/BRANCH]' });
  return channel;
}

async function openFile(directory: Directory, { path, size }: { path: string; size: number }, what: string): Promise<Content> {
  const file = await directory.file(path, what);
  if (file.size === size) return file;
  throw new ShrinkwrapError('INPUT_INVALID', {
    what,
    problems: [{ file: path, code: 'size', message: `${directory.name}/${path} has ${file.size} bytes, manifest.json says ${size}` }],
  });
}

async function readResources({ directory, manifest }: Source): Promise<{ file: ResourceFile; row: ResourceRow }[]> {
  const charms = new Map(
    manifest.charms.map(({ name, id }) => {
      const revisions = manifest.charms.filter((row) => row.name === name).map((row) => () => readCharmYaml(directory, row.path, 'metadata.yaml'));
      return [name, { id, declared: declarationsOf(revisions) }] as const;
    }),
  );
  return Promise.all(
    manifest.resources.map(async (row) => {
      const charm = charms.get(row.charm);
      if (charm === undefined) {
        const message = `${directory.name} has no charm ${row.charm}, whose resource this is`;
        throw new ShrinkwrapError('INPUT_INVALID', { what: 'manifest.json', problems: [{ file: row.path, code: 'charm', message }] });
      }
      const content = await openFile(directory, row, `resource ${row.name}`);
      const { filename, revision, sha256 } = row;
      const declared = (): Promise<ResourceDeclaration> => charm.declared(row.resource);
      return {
        row,
        file: { charm: row.charm, charmId: charm.id, name: row.resource, filename, revision, createdAt: manifest.created, content, sha256, declared },
      };
    }),
  );
}

/** A charm's resources on a channel: one revision each, the same for every application. */
function resourcesOf(charm: CharmRow, files: readonly { file: ResourceFile; row: ResourceRow }[]): ResourceFile[] {
  const mine = files.filter(({ row }) => row.charm === charm.name && (row.channel === undefined || row.channel === charm.channel));
  return mine.map(({ file }) => file).filter((file, index, all) => all.findIndex(({ name }) => name === file.name) === index);
}

async function readCharms({ directory, manifest }: Source, files: readonly { file: ResourceFile; row: ResourceRow }[]): Promise<Release[]> {
  return Promise.all(
    manifest.charms.map(async (row) => ({
      channel: channelOf(row.channel, `${directory.name}: charm ${row.name}`),
      resources: resourcesOf(row, files),
      package: {
        type: 'charm' as const,
        name: row.name,
        id: row.id,
        revision: row.revision,
        version: row.version,
        bases: row.bases.map(({ name, channel }) => ({ name, channel, architecture: row.arch ?? 'all' })),
        createdAt: manifest.created,
        content: await openFile(directory, row, `charm ${row.name}`),
        sha256: row.sha256,
        yaml: (name: CharmYaml) => readCharmYaml(directory, row.path, name),
        bundleYaml: null,
      },
    })),
  );
}

/** The bundle that the archive was made from; a local bundle was never on Charmhub. */
async function readBundle({ directory, manifest }: Source): Promise<Release[]> {
  const { bundle } = manifest;
  if (bundle === undefined) return [];
  const original = await directory.file('bundle.orig.yaml', `bundle ${bundle.name}`);
  const bytes = (await directory.bytes('bundle.orig.yaml')) ?? Buffer.alloc(original.size);
  // Juju refuses a bundle without README.md (facts/charmhub-juju.md 1.8).
  const zip = storedZip([
    { name: 'README.md', bytes: Buffer.from(`# ${bundle.name}\n`) },
    { name: 'bundle.yaml', bytes },
  ]);
  const everywhere = { name: 'all', channel: 'all', architecture: 'all' };
  const contents: Package = {
    type: 'bundle',
    name: bundle.name,
    id: bundle.id,
    revision: bundle.revision,
    version: String(bundle.revision),
    bases: [everywhere],
    createdAt: manifest.created,
    content: bytesContent(zip),
    sha256: createHash('sha256').update(zip).digest('hex'),
    yaml: () => Promise.resolve(''),
    bundleYaml: bytes.toString('utf8'),
  };
  return [{ channel: channelOf(bundle.channel, `${directory.name}: bundle ${bundle.name}`), package: contents, resources: [] }];
}
