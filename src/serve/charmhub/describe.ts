/** Charmhub's JSON for packages, resources and releases (facts/charmhub-juju.md 1.4, 1.5). */
import { formatChannel } from '../../domain/channel.ts';
import type { Lazy } from '../fields.ts';
import type { HashCache } from '../hash-cache.ts';
import type { BaseRow, Package, Release, ResourceFile } from './catalogue.ts';

export interface Describing {
  /** Absolute address of this server. */
  readonly base: string;
  readonly hashes: HashCache;
}

export const charmPath = ({ id, revision, type }: Package): string => `/api/v1/charms/download/${id}_${revision}.${type}`;
export const resourcePath = ({ charmId, name, revision }: ResourceFile): string => `/api/v1/resources/download/charm_${charmId}.${name}_${revision}`;

/** Juju takes a resource's fingerprint from hash-sha-384 and refuses one without (its resourceFromRevision). */
const fullDownload = (file: Package | ResourceFile, path: string, { base, hashes }: Describing): Lazy => ({
  url: base + path,
  size: file.content.size,
  'hash-sha-256': file.sha256,
  'hash-sha-384': () => hashes(file.content, 'sha384'),
});

export const describeResource = (file: ResourceFile, describing: Describing): Lazy => ({
  name: file.name,
  type: async () => (await file.declared()).type,
  filename: file.filename,
  description: async () => (await file.declared()).description,
  revision: file.revision,
  'created-at': file.createdAt,
  download: fullDownload(file, resourcePath(file), describing),
});

const describeRevision = (file: Package): Record<string, Lazy> => ({
  revision: file.revision,
  version: file.version,
  'created-at': file.createdAt,
  bases: file.bases,
});

/** The revision of a default release: with its texts. */
export const describeFullRevision = (file: Package, describing: Describing): Lazy => ({
  ...describeRevision(file),
  download: fullDownload(file, charmPath(file), describing),
  'metadata-yaml': () => file.yaml('metadata.yaml'),
  'config-yaml': () => file.yaml('config.yaml'),
  'actions-yaml': () => file.yaml('actions.yaml'),
  'readme-md': '',
  'bundle-yaml': file.bundleYaml,
});

/** Rows of the channel map carry no texts (API change v42). */
export const describeMapRevision = (file: Package, { base }: Describing): Lazy => ({
  ...describeRevision(file),
  download: { url: base + charmPath(file), size: file.content.size, 'hash-sha-256': file.sha256 },
});

export const describeChannel = ({ channel, package: { createdAt } }: Release, base: BaseRow): Lazy => ({
  name: formatChannel(channel),
  track: channel.track,
  risk: channel.risk,
  'released-at': createdAt,
  base,
});
