/** One result of the refresh answer -> a release, or the error it stands for (facts/snap-store.md 1.3). */
import { isAccountId, isSnapId, isSnapName } from '../../assertion/names.ts';
import { digest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Download, SnapRelease, SnapWanted } from '../../domain/releases.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import type { SnapStoreAddresses } from './addresses.ts';
import { oneLine } from './answer-failure.ts';
import type { JsonReader } from '../json-reader.ts';
import { fullChannel } from './refresh-request.ts';

/** Types that need no base; everything else without one is an app from before bases and runs on `core`. */
const BASELESS = ['os', 'base', 'snapd', 'kernel', 'gadget'];

export function decodeRelease(result: JsonReader, wanted: SnapWanted, addresses: SnapStoreAddresses): SnapRelease {
  const { name, arch } = wanted;
  if (result.at('result').text() === 'error') throw decodeError(result, wanted, addresses);
  const snap = result.at('snap');
  if (snap.at('name').text() !== name) snap.at('name').refuse(`the name asked for, ${name}`);
  const architectures = snap
    .at('architectures')
    .list()
    .map((item) => item.text());
  if (!architectures.includes(arch) && !architectures.includes('all')) snap.at('architectures').refuse(`a list with ${arch} or all`);
  const type = snap.at('type').textOf('a snap type', isWord);
  return {
    name,
    id: snap.at('snap-id').textOf('a snap id of 32 letters and digits', isSnapId),
    revision: snap.at('revision').integer(1),
    version: snap.at('version').text(),
    channel: decodeChannel(result, wanted),
    arch,
    base: decodeBase(snap.at('base'), type),
    type,
    confinement: snap.at('confinement').textOf('a confinement', isWord),
    publisherId: snap.at('publisher').at('id').textOf('an account id', isAccountId),
    snapYaml: snap.at('snap-yaml').text(),
    download: decodeDownload(snap.at('download'), addresses),
  };
}

/** A redirect tells the track that is really followed; the effective channel may be a safer risk and counts only when none was asked for. */
function decodeChannel(result: JsonReader, { channel }: SnapWanted): string {
  const redirect = result.at('redirect-channel');
  if (!redirect.isAbsent() && redirect.text() !== '') return fullChannel(redirect.textOf('a channel', isChannel));
  return fullChannel(channel ?? result.at('effective-channel').textOf('a channel', isChannel));
}

function decodeBase(base: JsonReader, type: string): string {
  const isNamed = !base.isAbsent() && base.text() !== '';
  if (isNamed) return base.textOf('a snap name', isSnapName);
  return BASELESS.includes(type) ? '' : 'core';
}

function decodeDownload(download: JsonReader, addresses: SnapStoreAddresses): Download {
  const source = addresses.toSource(download.at('url').text());
  if (source === undefined) return download.at('url').refuse('an https address');
  const hex = download.at('sha3-384').textOf('96 lower-case hex digits', (text) => /^[0-9a-f]{96}$/.test(text));
  return { source, size: download.at('size').integer(1), digest: digest('sha3-384', hex) };
}

function decodeError(result: JsonReader, wanted: SnapWanted, addresses: SnapStoreAddresses): ShrinkwrapError {
  const { name, channel, revision, arch } = wanted;
  const error = result.at('error');
  const code = error.at('code').text();
  const where = `the snap store (${addresses.host})`;
  if (code === 'name-not-found' || code === 'id-not-found') return new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'snap', name, where, exists: [] });
  if (code === 'revision-not-found') {
    const asked = revision !== undefined ? ` revision ${revision}` : channel === undefined ? '' : ` ${fullChannel(channel)}`;
    return new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
      what: 'snap',
      name: `${name}${asked} for ${arch}`,
      where,
      exists: releasedChannels(error.at('extra'), arch),
    });
  }
  const message = error.at('message').isAbsent() ? '' : error.at('message').text();
  return error.refuse(`snap ${name}`, oneLine(`${code}: ${message}`));
}

/** Channels of the wanted architecture; when it has none, those of the others with their architecture. */
function releasedChannels(extra: JsonReader, arch: string): string[] {
  if (extra.isAbsent() || extra.at('releases').isAbsent()) return [];
  const releases = extra
    .at('releases')
    .list()
    .map((release) => ({ architecture: oneLine(release.at('architecture').text()), channel: release.at('channel').textOf('a channel', isChannel) }));
  const own = releases.filter(({ architecture }) => architecture === arch || architecture === 'all').map(({ channel }) => fullChannel(channel));
  const others = releases.map(({ architecture, channel }) => `${fullChannel(channel)} (${architecture})`);
  return [...new Set(own.length > 0 ? own : others)].toSorted(byCodeUnit);
}

const isWord = (text: string): boolean => /^[a-z]{1,20}$/.test(text);

function isChannel(text: string): boolean {
  try {
    return fullChannel(text) !== '';
  } catch {
    return false;
  }
}
