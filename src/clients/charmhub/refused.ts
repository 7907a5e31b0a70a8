/** What a refused install means for the user: which name, channel or revision is absent, and what exists instead. */
import { byCodeUnit } from '../../domain/sorted.ts';
import type { JsonReader } from '../json-reader.ts';
import { describeChannel, listChannels, notFound } from './info.ts';
import type { Installed } from './refresh.ts';
import { type CharmhubSession, type Refusal, refusalError } from './session.ts';

type Refused = Extract<Installed, { refused: Refusal }>;

const ABSENT_NAME: ReadonlySet<string> = new Set(['name-not-found', 'id-not-found', 'not-found']);
const ABSENT_RELEASE = /^(?:revision-not-found|channel-not-found|invalid-channel|invalid-charm-base|invalid-charm-platform|missing-charm-base)$/;

/** `what` is charm or bundle, `asked` what a person calls the release. */
export async function refusedRelease(
  session: CharmhubSession,
  { what, name, asked }: { what: string; name: string; asked: string },
  { refused, extra }: Refused,
): Promise<Error> {
  if (ABSENT_NAME.has(refused.code)) return notFound(session, what, name, []);
  if (!ABSENT_RELEASE.test(refused.code)) return refusalError(session, 'v2/charms/refresh', `${what} ${asked}`, refused);
  const releases = releasesOf(extra).map((release) => describeChannel(release.at('channel'), release.at('base')));
  const exists = releases.length === 0 ? await listChannels(session, what, name) : [...new Set(releases)].toSorted(byCodeUnit);
  return notFound(session, what, asked, exists);
}

export function refusedRevision(
  session: CharmhubSession,
  { name, revision }: { readonly name: string; readonly revision?: number },
  { refused }: Refused,
  exists: readonly string[],
): Error {
  const asked = `${name} revision ${revision}`;
  const isAbsent = ABSENT_NAME.has(refused.code) || ABSENT_RELEASE.test(refused.code) || refused.code.startsWith('access-by-revision');
  return isAbsent ? notFound(session, 'charm', asked, exists) : refusalError(session, 'v2/charms/refresh', `charm ${asked}`, refused);
}

const releasesOf = (extra: JsonReader): JsonReader[] => (extra.isAbsent() || extra.at('releases').isAbsent() ? [] : extra.at('releases').list());
