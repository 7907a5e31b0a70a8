/** The body of POST v2/snaps/refresh as `snap download` sends it, key by key (facts/snap-store.md 1.2). */
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import type { SnapWanted } from '../../domain/releases.ts';

const FIELDS = [
  ...['architectures', 'base', 'confinement', 'contact', 'created-at', 'description', 'download', 'epoch', 'license', 'name', 'prices', 'private'],
  ...['publisher', 'revision', 'snap-id', 'snap-yaml', 'summary', 'title', 'type', 'version', 'website', 'store-url', 'media', 'common-ids'],
];

/** The store echoes it: answers are matched by it, never by order or name. */
export const instanceKey = (index: number): string => `download-${index + 1}`;

export const refreshRequest = (wanted: readonly SnapWanted[]): string =>
  JSON.stringify({
    context: [],
    actions: wanted.map(({ name, channel, revision }, index) => ({
      action: 'download',
      'instance-key': instanceKey(index),
      name,
      // A revision and a channel together are refused; with neither the store takes the default track.
      ...(revision !== undefined ? { revision } : channel !== undefined && { channel: fullChannel(channel) }),
      // Present and null: its presence tells the store that we know epochs.
      epoch: null,
    })),
    fields: FIELDS,
  });

/** The store says `stable` for latest/stable. */
export const fullChannel = (channel: string): string => formatChannel(parseChannel(channel));
