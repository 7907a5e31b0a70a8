/** POST /v2/charms/refresh: one result an action, errors included (facts/charmhub-juju.md 1.5). */
import { formatChannel } from '../../domain/channel.ts';
import { defaultChannel, readChannel, releasesAt } from '../channels.ts';
import { type Answer, type Asked, json, readBody } from '../exchange.ts';
import { resolveAll, selectFields } from '../fields.ts';
import { type JsonObject, isObject, optionalString, parseObject } from '../json.ts';
import type { BaseRow, CharmhubCatalogue, Release, ResourceFile } from './catalogue.ts';
import { type Describing, describeFullRevision, describeResource } from './describe.ts';
import { errorList } from './info.ts';

const LIMIT = 4 * 1024 * 1024;
const ACTIONS = ['install', 'download', 'refresh'];

/** What is wrong with an action, with what exists instead. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly extra?: JsonObject;
}

interface Choice {
  readonly release: Release;
  /** Absent when a revision was asked for. */
  readonly channel?: string;
}

export async function answerRefresh(asked: Asked, catalogue: CharmhubCatalogue, describing: Describing): Promise<Answer> {
  const request = await readRequest(asked);
  if ('code' in request) return errorList(400, request.code, request.message);
  const results: unknown[] = [];
  for (const action of request.actions) results.push(await answerAction(action, request, catalogue, describing));
  return json(200, { 'error-list': [], results });
}

interface Request {
  readonly context: readonly JsonObject[];
  readonly actions: readonly JsonObject[];
  /** Absent: every field. */
  readonly fields?: readonly string[];
}

async function readRequest(asked: Asked): Promise<Request | Failure> {
  const value = parseObject(await readBody(asked.body, LIMIT));
  if (value === undefined) return { code: 'api-error', message: 'The body is not a JSON object.' };
  const { context, actions, fields } = { context: value['context'], actions: value['actions'], fields: value['fields'] };
  if (!Array.isArray(context)) return { code: 'missing-context', message: 'context must be present; it may be empty.' };
  if (!Array.isArray(actions)) return { code: 'missing-key', message: 'actions must be present.' };
  const wanted = actions.filter(isObject);
  const keys = wanted.map((action) => optionalString(action, 'instance-key'));
  if (wanted.length < actions.length || keys.includes(undefined)) return { code: 'missing-instance-key', message: 'Every action needs an instance-key.' };
  if (new Set(keys).size < keys.length) return { code: 'instance-key-not-unique', message: 'instance-key must be unique.' };
  const names = Array.isArray(fields) ? fields.filter((field): field is string => typeof field === 'string') : undefined;
  return { context: context.filter(isObject), actions: wanted, ...(names !== undefined && { fields: names }) };
}

async function answerAction(action: JsonObject, request: Request, catalogue: CharmhubCatalogue, describing: Describing): Promise<unknown> {
  const key = optionalString(action, 'instance-key');
  const kind = optionalString(action, 'action') ?? '';
  const name = optionalString(action, 'name') ?? catalogue.nameOfId(optionalString(action, 'id') ?? '') ?? null;
  const chosen = chooseFor(kind, name, { ...trackedBy(request.context, key, kind), ...action }, catalogue);
  if ('code' in chosen) return { 'instance-key': key, result: 'error', id: optionalString(action, 'id') ?? null, name, charm: null, error: chosen };
  const resources = withPinned(action, chosen, catalogue);
  if ('code' in resources) return { 'instance-key': key, result: 'error', id: chosen.release.package.id, name, charm: null, error: resources };
  const { package: file } = chosen.release;
  return {
    'instance-key': key,
    result: kind,
    id: file.id,
    name: file.name,
    ...(chosen.channel !== undefined && { 'effective-channel': chosen.channel, 'released-at': file.createdAt }),
    error: null,
    charm: await describeCharm(chosen.release, resources.files, request.fields, describing),
  };
}

/** A refresh takes its channel and base from the installed entry that it names, unless it says otherwise. */
function trackedBy(context: readonly JsonObject[], key: string | undefined, kind: string): JsonObject {
  const entry = kind === 'refresh' ? context.find((item) => item['instance-key'] === key) : undefined;
  return entry === undefined ? {} : { channel: entry['tracking-channel'], base: entry['base'] };
}

function chooseFor(kind: string, name: string | null, action: JsonObject, catalogue: CharmhubCatalogue): Choice | Failure {
  if (!ACTIONS.includes(kind)) return { code: 'bad-argument', message: `Unknown action ${JSON.stringify(kind)}.` };
  const releases = name === null ? [] : catalogue.releases(name);
  if (releases.length === 0) {
    return action['name'] === undefined
      ? { code: 'id-not-found', message: 'No charm or bundle with this id.' }
      : { code: 'name-not-found', message: 'Name not found' };
  }
  if (!('base' in action)) return { code: 'missing-key', message: 'base must be present; it may be null.' };
  if (kind === 'refresh' && releases[0]?.package.type === 'bundle') return { code: 'refresh-bundle-not-supported', message: 'Bundles cannot be refreshed.' };
  const [revision, channel] = [action['revision'] ?? null, action['channel'] ?? null];
  if (revision !== null && channel !== null) return { code: 'api-error', message: 'channel and revision exclude each other.' };
  return revision === null ? chooseByChannel(channel, action['base'], releases) : chooseByRevision(revision, releases);
}

function chooseByRevision(revision: unknown, releases: readonly Release[]): Choice | Failure {
  const release = releases.find(({ package: file }) => file.revision === revision);
  return release === undefined ? notFound(`No revision ${JSON.stringify(revision)}`, releases) : { release };
}

function chooseByChannel(asked: unknown, base: unknown, releases: readonly Release[]): Choice | Failure {
  const channel = asked === null ? defaultChannel(releases) : typeof asked === 'string' ? readChannel(asked) : undefined;
  if (channel === undefined) return { code: 'invalid-channel', message: `Invalid channel ${JSON.stringify(asked)}.` };
  const offered = releasesAt(releases, channel);
  if (offered.length === 0) return notFound(`Nothing released on ${formatChannel(channel)}`, releases);
  if (!isObject(base)) return { code: 'missing-charm-base', message: 'A base is needed.', extra: { 'default-bases': basesOf(offered) } };
  if (base['name'] === 'NA' || base['channel'] === 'NA') return invalidBase(base, offered);
  const [release] = offered
    .filter(({ package: { bases } }) => bases.some((row) => serves(row, base)))
    .toSorted((a, b) => preference(b, base) - preference(a, base));
  return release === undefined ? notFound('No revision for this base', releases) : { release, channel: formatChannel(release.channel) };
}

const same = (offered: string, wanted: unknown): boolean => offered === 'all' || offered === wanted;
const serves = (row: BaseRow, base: JsonObject): boolean =>
  same(row.name, base['name']) && same(row.channel, base['channel']) && (same(row.architecture, base['architecture']) || base['architecture'] === 'all');

/** A revision made for the architecture wins over one for all, then the newer wins. */
const preference = ({ package: file }: Release, base: JsonObject): number =>
  file.revision + (file.bases.some(({ architecture }) => architecture === base['architecture']) ? 2 ** 40 : 0);

const basesOf = (releases: readonly Release[]): BaseRow[] => {
  const rows = releases.flatMap(({ package: { bases } }) => bases);
  return rows.filter((row, index) => rows.findIndex((other) => JSON.stringify(other) === JSON.stringify(row)) === index);
};

const invalidBase = (base: JsonObject, offered: readonly Release[]): Failure => ({
  code: 'invalid-charm-base',
  message: `Invalid base ${JSON.stringify(base)}`,
  extra: { 'default-bases': basesOf(offered) },
});

const notFound = (message: string, releases: readonly Release[]): Failure => ({
  code: 'revision-not-found',
  message,
  extra: { releases: releases.flatMap(({ channel, package: { bases } }) => bases.map((base) => ({ base, channel: formatChannel(channel) }))) },
});

/** Resources belong to a channel's release: none by revision, unless they are asked for with their own revisions. */
function withPinned(action: JsonObject, { release, channel }: Choice, catalogue: CharmhubCatalogue): { files: readonly ResourceFile[] } | Failure {
  const rows = Array.isArray(action['resource-revisions']) ? action['resource-revisions'].filter(isObject) : [];
  const released = channel === undefined ? [] : release.resources;
  const pinned = rows.map((row) => {
    const name = optionalString(row, 'name') ?? '';
    return { name, revision: row['revision'], file: catalogue.resources(release.package.name, name).find(({ revision }) => revision === row['revision']) };
  });
  const missing = pinned.find(({ file }) => file === undefined);
  if (missing !== undefined)
    return { code: 'resource-not-found', message: `No revision ${JSON.stringify(missing.revision)} of resource ${JSON.stringify(missing.name)}.` };
  const rest = released.filter((file) => !pinned.some(({ name }) => name === file.name));
  return { files: [...rest, ...pinned.flatMap(({ file }) => file ?? [])] };
}

async function describeCharm(
  release: Release,
  resources: readonly ResourceFile[],
  fields: readonly string[] | undefined,
  describing: Describing,
): Promise<unknown> {
  const { package: file } = release;
  const tree = {
    ...Object(describeFullRevision(file, describing)),
    type: file.type,
    id: file.id,
    name: file.name,
    license: '',
    publisher: { 'display-name': '' },
    summary: '',
    resources: resources.map((resource) => describeResource(resource, describing)),
  };
  return fields === undefined ? resolveAll(tree) : selectFields(tree, fields);
}
