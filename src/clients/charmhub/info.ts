/** GET /v2/charms/info/NAME: the default release, the channels that exist, and the texts that refresh leaves out (facts/charmhub-juju.md 1.4). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import type { JsonReader } from '../json-reader.ts';
import { decodeBase, decodeChannel } from './decode-charm.ts';
import { type CharmhubSession, askCharmhub, refusalError } from './session.ts';

const RELEASE_FIELDS = [
  'default-release.channel',
  'default-release.resources',
  ...['revision', 'version', 'bases', 'download', 'metadata-yaml', 'config-yaml', 'bundle-yaml'].map((name) => `default-release.revision.${name}`),
];
const MAP_FIELDS = ['channel-map.channel', 'default-release.channel'];

export const notFound = ({ addresses }: CharmhubSession, what: string, name: string, exists: readonly string[]): ShrinkwrapError =>
  new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what, name, where: `Charmhub (${addresses.host})`, exists });

const ABSENT_NAME: ReadonlySet<string> = new Set(['', 'not-found', 'name-not-found', 'id-not-found', 'resource-not-found']);
const ABSENT_CHANNEL: ReadonlySet<string> = new Set(['channel-not-found', 'revision-not-found', 'invalid-channel']);

/** The whole document of the release on a channel, or of the default one. */
export async function askRelease(session: CharmhubSession, what: string, name: string, channel?: string): Promise<JsonReader> {
  const path = infoPath(name, RELEASE_FIELDS, channel);
  const reply = await askCharmhub(session, path);
  if ('document' in reply) return reply.document;
  const { refused } = reply;
  if (channel !== undefined && (ABSENT_CHANNEL.has(refused.code) || ABSENT_NAME.has(refused.code))) {
    throw notFound(session, what, `${name} ${channel}`, await listChannels(session, what, name));
  }
  if (ABSENT_NAME.has(refused.code)) throw notFound(session, what, name, []);
  throw refusalError(session, path, `${what} ${name}`, refused);
}

/** Channels with their bases: `1.26/stable (ubuntu@22.04 amd64)`. Asked without channel, for with one the map is not reliable. Unknown name: UPSTREAM_NOT_FOUND. */
export async function listChannels(session: CharmhubSession, what: string, name: string): Promise<string[]> {
  const path = infoPath(name, MAP_FIELDS);
  const reply = await askCharmhub(session, path);
  if ('refused' in reply) {
    if (ABSENT_NAME.has(reply.refused.code)) throw notFound(session, what, name, []);
    throw refusalError(session, path, `${what} ${name}`, reply.refused);
  }
  const map = reply.document.at('channel-map');
  const rows = map.isAbsent() ? [] : map.list().map((row) => describeChannel(row.at('channel').at('name'), row.at('channel').at('base')));
  return [...new Set(rows)].toSorted(byCodeUnit);
}

/** Base and architecture in words, left out where they are `all`. */
export function describeChannel(channel: JsonReader, base: JsonReader): string {
  const full = decodeChannel(channel);
  if (base.isAbsent()) return full;
  const { name, channel: release, architecture } = decodeBase(base);
  const words = [name === 'all' || release === 'all' ? '' : `${name}@${release}`, architecture === 'all' ? '' : architecture].filter((word) => word !== '');
  return words.length === 0 ? full : `${full} (${words.join(' ')})`;
}

function infoPath(name: string, fields: readonly string[], channel?: string): string {
  const query = new URLSearchParams({ fields: fields.join(','), ...(channel !== undefined && { channel }) });
  return `v2/charms/info/${encodeURIComponent(name)}?${query.toString()}`;
}
