/** The snap store's JSON for a revision (facts/snap-store.md 1.3, 1.4). */
import { type Channel, formatChannel } from '../../domain/channel.ts';
import type { SnapRelease } from './catalogue.ts';

export const snapPath = ({ id, revision }: SnapRelease): string => `/api/v1/snaps/download/${id}_${revision}.snap`;

/** The real store says `stable` for latest/stable and the full name everywhere else. */
export const shortName = (channel: Channel): string => formatChannel(channel).replace(/^latest\//, '');

/** Facts of one revision. */
export const describeRevision = (release: SnapRelease, base: string): Record<string, unknown> => ({
  architectures: release.architectures,
  base: release.base,
  'common-ids': [],
  confinement: release.confinement,
  'created-at': release.createdAt,
  download: { deltas: [], 'sha3-384': release.sha3_384, size: release.content.size, url: base + snapPath(release) },
  epoch: { read: [0], write: [0] },
  revision: release.revision,
  'snap-yaml': release.snapYaml,
  type: release.type,
  version: release.version,
});

/** Facts of the snap, whatever the channel. */
export const describeSnap = (release: SnapRelease): Record<string, unknown> => ({
  contact: '',
  description: release.description,
  license: null,
  links: {},
  media: [],
  name: release.name,
  prices: {},
  private: false,
  publisher: release.publisher,
  'snap-id': release.id,
  'store-url': `https://snapcraft.io/${release.name}`,
  summary: release.summary,
  title: release.title,
  website: null,
});

/** Keys that are always there, and the fields asked for; no list of fields means all. */
export function pickFields(all: Readonly<Record<string, unknown>>, fields: readonly string[] | undefined, always: readonly string[]): Record<string, unknown> {
  if (fields === undefined) return { ...all };
  return Object.fromEntries(Object.entries(all).filter(([key]) => always.includes(key) || fields.includes(key)));
}
