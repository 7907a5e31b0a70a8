/** GET /v2/snaps/info/NAME (facts/snap-store.md 1.4). */
import { type Answer, type Asked, json } from '../exchange.ts';
import type { SnapCatalogue, SnapRelease } from './catalogue.ts';
import { describeRevision, describeSnap, pickFields, shortName } from './describe.ts';
import { errorList, runsOn } from './refresh.ts';
import { defaultTrack } from '../channels.ts';

export function answerInfo(name: string, asked: Asked, catalogue: SnapCatalogue): Answer {
  const all = catalogue.releases(name);
  const arch = asked.query.get('architecture');
  const [first] = all;
  if (first === undefined) return errorList(404, 'resource-not-found', `No snap named '${name}' found in series '16'.`);
  const shown = arch === null || arch === '' ? all : all.filter((release) => runsOn(release, arch));
  const fields = asked.query.get('fields')?.split(',');
  const track = defaultTrack(all);
  return json(200, {
    name: first.name,
    'snap-id': first.id,
    'default-track': track === 'latest' ? null : track,
    snap: pickFields(describeSnap(first), fields, ['name', 'snap-id']),
    'channel-map': shown.map((release) => ({ channel: describeChannel(release), ...pickFields(describeRevision(release, asked.base), fields, []) })),
  });
}

const describeChannel = ({ arch, channel, createdAt }: SnapRelease): object => ({
  architecture: arch,
  name: shortName(channel),
  'released-at': createdAt,
  risk: channel.risk,
  track: channel.track,
});
