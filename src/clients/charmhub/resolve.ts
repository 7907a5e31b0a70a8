/** Wanted charms -> their releases: by channel in one question for many, by revision with the channel's resources. */
import type { CharmRelease, CharmWanted } from '../../domain/releases.ts';
import type { JsonReader } from '../json-reader.ts';
import { decodeChannel, decodeId, decodeName, decodeResources, decodeRevision } from './decode-charm.ts';
import { askRelease, listChannels, notFound } from './info.ts';
import { type Install, type Installed, baseOf, install } from './refresh.ts';
import { refusedRelease, refusedRevision } from './refused.ts';
import type { CharmhubSession } from './session.ts';

/** A want with its channel known; an absent one has become the charm's default. */
type Want = CharmWanted & { readonly channel: string };

export async function resolveCharms(session: CharmhubSession, wanted: readonly CharmWanted[]): Promise<CharmRelease[]> {
  const defaults = new Map<string, Promise<string>>();
  const defaultOf = (name: string): Promise<string> => {
    const known = defaults.get(name) ?? askRelease(session, 'charm', name).then((info) => decodeChannel(info.at('default-release').at('channel').at('name')));
    defaults.set(name, known);
    return known;
  };
  const wants: Want[] = [];
  for (const each of wanted) wants.push({ ...each, channel: each.channel ?? (await defaultOf(each.name)) });
  const onChannel = wants.map(({ name, channel, base, arch }): Install => ({ name, channel, base: baseOf(base, arch) }));
  const pinned = wants.flatMap(({ name, revision, base, arch }): Install[] => (revision === undefined ? [] : [{ name, revision, base: baseOf(base, arch) }]));
  const found = await install(session, [...onChannel, ...pinned]);
  if (found === undefined) return sequentially(wants, (want) => releaseFromInfo(session, want));
  const byRevision = found.slice(onChannel.length).values();
  return sequentially(wants, (want, index) => decodeWant(session, want, found[index], want.revision === undefined ? undefined : byRevision.next().value));
}

/** Repairs are rare; in order they are easier on the server and on the reader. */
async function sequentially<T, R>(items: readonly T[], job: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) results.push(await job(item, index));
  return results;
}

async function decodeWant(session: CharmhubSession, want: Want, onChannel: Installed | undefined, byRevision: Installed | undefined): Promise<CharmRelease> {
  if (onChannel === undefined) throw new Error('one result a want');
  const { name, channel, base, arch } = want;
  if ('refused' in onChannel)
    throw await refusedRelease(session, { what: 'charm', name, asked: `${name} ${channel} for ${base.name}@${base.channel} ${arch}` }, onChannel);
  const released = await decodeInstalled(session, want, onChannel.result);
  if (byRevision === undefined || released.revision === want.revision) return released;
  if ('refused' in byRevision) throw refusedRevision(session, want, byRevision, [`revision ${released.revision} on ${channel}`]);
  const pinned = await decodeInstalled(session, want, byRevision.result);
  // Resources belong to a channel's release, a revision has none of its own (facts/charmhub-juju.md 1.5).
  return { ...pinned, resources: released.resources, channel: released.channel };
}

async function decodeInstalled(session: CharmhubSession, want: Want, result: JsonReader): Promise<CharmRelease> {
  const charm = result.at('charm');
  const { addresses } = session;
  const name = decodeName(charm.at('name'));
  if (name !== want.name) charm.at('name').refuse(`the name asked for, ${want.name}`);
  const type = charm.at('type').text();
  if (type !== 'charm') throw notFound(session, 'charm', `${name}, which is a ${type},`, []);
  const effective = result.at('effective-channel');
  const release: CharmRelease = {
    name,
    id: decodeId(charm.at('id')),
    channel: effective.isAbsent() ? want.channel : decodeChannel(effective),
    resources: decodeResources(charm.at('resources'), addresses),
    ...decodeRevision(charm, addresses),
  };
  return release.metadataYaml === '' ? withTexts(session, release) : release;
}

/** Where refresh leaves the texts out, info has those of the newest revision on the channel. */
async function withTexts(session: CharmhubSession, release: CharmRelease): Promise<CharmRelease> {
  const info = await askRelease(session, 'charm', release.name, release.channel);
  const { revision, metadataYaml, configYaml } = decodeRevision(info.at('default-release').at('revision'), session.addresses);
  return revision === release.revision ? { ...release, metadataYaml, configYaml } : release;
}

/** For a Charmhub without refresh. Info cannot be told a base or an architecture, so what it gives is checked. */
async function releaseFromInfo(session: CharmhubSession, want: Want): Promise<CharmRelease> {
  const info = await askRelease(session, 'charm', want.name, want.channel);
  const type = info.at('type').text();
  if (type !== 'charm') throw notFound(session, 'charm', `${want.name}, which is a ${type},`, []);
  const found = info.at('default-release');
  const release: CharmRelease = {
    name: decodeName(info.at('name')),
    id: decodeId(info.at('id')),
    channel: decodeChannel(found.at('channel').at('name')),
    resources: decodeResources(found.at('resources'), session.addresses),
    ...decodeRevision(found.at('revision'), session.addresses),
  };
  const serves = release.bases.length === 0 || release.bases.some(({ architecture }) => architecture === want.arch || architecture === 'all');
  if (!serves) throw notFound(session, 'charm', `${want.name} ${want.channel} for ${want.arch}`, await listChannels(session, 'charm', want.name));
  if (want.revision !== undefined && want.revision !== release.revision)
    throw notFound(session, 'charm', `${want.name} revision ${want.revision}`, [`revision ${release.revision}`]);
  return release;
}
