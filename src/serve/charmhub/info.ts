/** GET /v2/charms/info/NAME and /v2/charms/find (facts/charmhub-juju.md 1.4, 1.6). */
import { parse } from 'yaml';
import { defaultChannel, readChannel, releasesAt } from '../channels.ts';
import { type Answer, type Asked, json } from '../exchange.ts';
import { type Lazy, selectFields } from '../fields.ts';
import { isObject, optionalString } from '../json.ts';
import type { BaseRow, CharmhubCatalogue, Package, Release } from './catalogue.ts';
import { type Describing, describeChannel, describeFullRevision, describeMapRevision, describeResource } from './describe.ts';

/** Present whatever `fields` says. */
const ALWAYS = ['type', 'id', 'name'];

export const errorList = (status: number, code: string, message: string): Answer => json(status, { 'error-list': [{ code, message }] });

export async function answerInfo(name: string, asked: Asked, catalogue: CharmhubCatalogue, describing: Describing): Promise<Answer> {
  const releases = catalogue.releases(name);
  if (releases.length === 0) return errorList(404, 'not-found', `No charm or bundle with the name ${JSON.stringify(name)}.`);
  const wanted = asked.query.get('channel');
  const channel = wanted === null || wanted === '' ? defaultChannel(releases) : readChannel(wanted);
  if (channel === undefined) return errorList(400, 'invalid-channel', `Invalid channel ${JSON.stringify(wanted)}.`);
  const shown = releasesAt(releases, channel);
  // "the last revision released to it, whatever its arch and base"
  const latest = shown.toSorted((a, b) => b.package.revision - a.package.revision)[0];
  if (latest === undefined) return errorList(404, 'channel-not-found', `No channel ${JSON.stringify(wanted)} for ${name}.`);
  const tree = describeInfo(wanted === null ? releases : shown, latest, catalogue, describing);
  return json(200, await selectFields(tree, [...ALWAYS, ...fieldsOf(asked)]));
}

const fieldsOf = (asked: Asked): string[] => (asked.query.get('fields') ?? '').split(',').filter((field) => field !== '');

function describeInfo(releases: readonly Release[], latest: Release, catalogue: CharmhubCatalogue, describing: Describing): Lazy {
  const file = latest.package;
  const [base = null] = file.bases;
  return {
    type: file.type,
    id: file.id,
    name: file.name,
    result: () => describeResult(file, catalogue),
    'default-release': {
      channel: base === null ? null : describeChannel(latest, base),
      revision: describeFullRevision(file, describing),
      resources: latest.resources.map((resource) => describeResource(resource, describing)),
    },
    'channel-map': releases.flatMap((release) =>
      release.package.bases.map((row: BaseRow) => ({ channel: describeChannel(release, row), revision: describeMapRevision(release.package, describing) })),
    ),
  };
}

async function describeResult(file: Package, catalogue: CharmhubCatalogue): Promise<Lazy> {
  const metadata: unknown = parse(file.type === 'bundle' ? (file.bundleYaml ?? '') : await file.yaml('metadata.yaml'), { logLevel: 'silent' });
  const texts = isObject(metadata) ? metadata : {};
  return {
    title: optionalString(texts, 'display-name') ?? file.name,
    summary: optionalString(texts, 'summary') ?? '',
    description: optionalString(texts, 'description') ?? '',
    license: '',
    publisher: { 'display-name': '' },
    'store-url': `https://charmhub.io/${file.name}`,
    categories: [],
    'contains-charms': file.type === 'bundle' ? containedCharms(texts['applications'] ?? texts['services'], catalogue) : [],
  };
}

function containedCharms(applications: unknown, catalogue: CharmhubCatalogue): Lazy {
  const charms = Object.values(isObject(applications) ? applications : {}).flatMap((application) =>
    isObject(application) ? (optionalString(application, 'charm') ?? []) : [],
  );
  const names = [...new Set(charms)].filter((name) => catalogue.releases(name).length > 0).toSorted();
  return names.map((name) => ({ name, 'package-id': catalogue.releases(name)[0]?.package.id, 'store-url': `https://charmhub.io/${name}` }));
}

/** Every package whose name holds the query; an empty query means the featured ones, which here are all. */
export async function answerFind(asked: Asked, catalogue: CharmhubCatalogue, describing: Describing): Promise<Answer> {
  const [query, type] = [asked.query.get('q') ?? '', asked.query.get('type')];
  const found = catalogue.names.filter((name) => name.includes(query)).flatMap((name) => latestOf(catalogue.releases(name)));
  const rows = found.filter(({ package: file }) => type === null || type === '' || file.type === type);
  const fields = [...ALWAYS, ...fieldsOf(asked)];
  const results = await Promise.all(rows.map((release) => selectFields(describeInfo([], release, catalogue, describing), fields)));
  return json(200, { results, 'error-list': [] });
}

function latestOf(releases: readonly Release[]): Release[] {
  const channel = defaultChannel(releases);
  return channel === undefined ? [] : releasesAt(releases, channel).slice(0, 1);
}
