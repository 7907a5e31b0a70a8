/** Which image lists of the bundle repository belong to a channel (facts/charmhub-juju.md 6.3–6.5, facts/offline-deploy.md 1.6). */
import semver from 'semver';
import { parseChannel } from '../../domain/channel.ts';
import { listLines } from '../../domain/image-list.ts';

/** Image names of one list: blank lines and comments skipped, carriage returns trimmed. */
export const parseImageList = (text: string): string[] => listLines(text).map((line) => line.text);

/**
 * Names of the lists of the channel's track, newest first. Pre-releases count on edge and beta only; `latest` takes every track.
 * The name is anchored (`v1.2.…` is not 1.26) before semver sorts what is left.
 */
export function listsOfChannel(names: readonly string[], channel: string): string[] {
  const { track, risk } = parseChannel(channel);
  const prereleases = risk === 'edge' || risk === 'beta';
  return names
    .map((name) => ({ name, version: /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)\.txt$/.exec(name)?.[1] }))
    .filter((list): list is { name: string; version: string } => list.version !== undefined && semver.valid(list.version) !== null)
    .filter(({ version }) => track === 'latest' || version.startsWith(`${track}.`))
    .filter(({ version }) => prereleases || !version.includes('-'))
    .toSorted((a, b) => semver.rcompare(a.version, b.version))
    .map(({ name }) => name);
}
