/** POST /v2/snaps/refresh: download, install, refresh and fetch-assertions actions (facts/snap-store.md 1.2, 1.3). */
import { type Arch, isArch } from '../../domain/arch.ts';
import { type Channel, RISKS, formatChannel } from '../../domain/channel.ts';
import { defaultChannel, defaultTrack, readChannel, releasesAt } from '../channels.ts';
import { type Answer, type Asked, json, readBody } from '../exchange.ts';
import { type JsonObject, isObject, optionalString, parseObject } from '../json.ts';
import type { SnapCatalogue, SnapRelease } from './catalogue.ts';
import { describeRevision, describeSnap, pickFields, shortName } from './describe.ts';
import { answerFetchAssertions } from './fetch-assertions.ts';

const LIMIT = 4 * 1024 * 1024;

export const errorList = (status: number, code: string, message: string): Answer => json(status, { 'error-list': [{ code, message }] });

interface Request {
  readonly arch: Arch;
  readonly context: readonly JsonObject[];
  readonly actions: readonly JsonObject[];
  readonly fields?: readonly string[];
  readonly maxFormats: JsonObject;
}

export async function answerRefresh(asked: Asked, catalogue: SnapCatalogue): Promise<Answer> {
  const arch = asked.headers['snap-device-architecture'];
  if (typeof arch !== 'string' || !isArch(arch)) return errorList(400, 'missing-header', 'Snap-Device-Architecture must name an architecture.');
  const body = await readBody(asked.body, LIMIT);
  const value = parseObject(body);
  if (value === undefined || !Array.isArray(value['context']) || !Array.isArray(value['actions']))
    return errorList(400, 'api-error', 'context and actions must be present.');
  const fields = Array.isArray(value['fields']) ? value['fields'].filter((field): field is string => typeof field === 'string') : undefined;
  const request: Request = {
    arch,
    context: value['context'].filter(isObject),
    actions: value['actions'].filter(isObject),
    ...(fields !== undefined && { fields }),
    maxFormats: isObject(value['assertion-max-formats']) ? value['assertion-max-formats'] : {},
  };
  return json(200, { results: request.actions.map((action) => answerAction(action, request, asked.base, catalogue)), 'error-list': [] });
}

function answerAction(action: JsonObject, request: Request, base: string, catalogue: SnapCatalogue): unknown {
  const kind = optionalString(action, 'action') ?? '';
  if (kind === 'fetch-assertions') return answerFetchAssertions(action, request.maxFormats, base, catalogue.assertions);
  const key = optionalString(action, 'instance-key') ?? '';
  const id = optionalString(action, 'snap-id');
  const name = optionalString(action, 'name') ?? (id === undefined ? undefined : catalogue.nameOfId(id));
  const all = name === undefined ? [] : catalogue.releases(name);
  const tracked = kind === 'refresh' ? request.context.find((entry) => entry['instance-key'] === key)?.['tracking-channel'] : undefined;
  const chosen = ['download', 'install', 'refresh'].includes(kind)
    ? choose({ tracked, ...action }, request.arch, all)
    : { code: 'api-error', message: `Unknown action ${JSON.stringify(kind)}.` };
  if ('code' in chosen) return { result: 'error', 'instance-key': key, 'snap-id': all[0]?.id ?? id ?? null, name: name ?? null, snap: null, error: chosen };
  const { release } = chosen;
  return {
    result: kind,
    'instance-key': key,
    'snap-id': release.id,
    name: release.name,
    'effective-channel': shortName(release.channel),
    ...(chosen.redirect !== undefined && { 'redirect-channel': chosen.redirect }),
    'released-at': release.createdAt,
    snap: pickFields({ ...describeSnap(release), ...describeRevision(release, base) }, request.fields, ['name', 'snap-id', 'revision', 'download']),
  };
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly extra?: JsonObject;
}

/** A row serves the architecture that it is for, and every one when the snap says `all`. */
export const runsOn = (release: SnapRelease, arch: string): boolean => release.arch === arch || release.architectures.includes('all');

function choose(action: JsonObject, arch: Arch, all: readonly SnapRelease[]): { release: SnapRelease; redirect?: string } | Failure {
  if (all.length === 0) {
    return optionalString(action, 'name') === undefined
      ? { code: 'id-not-found', message: 'Snap not found' }
      : { code: 'name-not-found', message: 'Snap not found' };
  }
  const missing: Failure = {
    code: 'revision-not-found',
    message: 'No revision was found in the Store',
    extra: { releases: all.map((release) => ({ architecture: release.arch, channel: formatChannel(release.channel) })) },
  };
  const fitting = all.filter((release) => runsOn(release, arch));
  const revision = action['revision'] ?? null;
  if (revision !== null) {
    const release = fitting.find((candidate) => candidate.revision === revision);
    return release === undefined ? missing : { release };
  }
  const { channel, redirect } = wantedChannel(action['channel'] ?? action['tracked'] ?? null, fitting);
  const release = channel === undefined ? undefined : releasesAt(fitting, channel)[0];
  return release === undefined ? missing : { release, ...(redirect !== undefined && { redirect }) };
}

/** Without a channel, or with a bare risk, the default track is meant; the answer then says so (facts/snap-store.md 2.3). */
function wantedChannel(asked: unknown, releases: readonly SnapRelease[]): { channel?: Channel; redirect?: string } {
  const track = defaultTrack(releases);
  const bare = RISKS.find((risk) => risk === asked);
  if (asked !== null && bare === undefined) {
    const channel = typeof asked === 'string' ? readChannel(asked) : undefined;
    return channel === undefined ? {} : { channel };
  }
  const channel = bare === undefined ? defaultChannel(releases) : track === undefined ? undefined : { track, risk: bare };
  if (channel === undefined) return {};
  return channel.track === 'latest' ? { channel } : { channel, redirect: formatChannel(channel) };
}
