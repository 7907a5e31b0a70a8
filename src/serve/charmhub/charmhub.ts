/** Charmhub (facts/charmhub-juju.md 1): /v2/charms/… and the downloads of charms, bundles and resources. */
import { type Answer, type Handler, download, json } from '../exchange.ts';
import { resolveAll } from '../fields.ts';
import type { HashCache } from '../hash-cache.ts';
import type { CharmhubCatalogue } from './catalogue.ts';
import { type Describing, describeResource } from './describe.ts';
import { answerFind, answerInfo, errorList } from './info.ts';
import { answerRefresh } from './refresh.ts';

export const createCharmhub =
  (catalogue: CharmhubCatalogue, hashes: HashCache): Handler =>
  (asked) => {
    const describing: Describing = { base: asked.base, hashes };
    const { method, segments } = asked;
    const [root, charms, verb, name = '', resource = '', last] = segments;
    if (root === 'api') return method === 'GET' ? answerDownload(segments, catalogue) : undefined;
    if (root !== 'v2' || charms !== 'charms') return undefined;
    if (method === 'GET' && verb === 'info' && segments.length === 4) return answerInfo(name, asked, catalogue, describing);
    if (method === 'GET' && verb === 'find' && segments.length === 3) return answerFind(asked, catalogue, describing);
    if (method === 'POST' && verb === 'refresh' && segments.length === 3) return answerRefresh(asked, catalogue, describing);
    if (method === 'GET' && verb === 'resources' && last === 'revisions' && segments.length === 6)
      return answerRevisions(name, resource, catalogue, describing);
    return undefined;
  };

async function answerRevisions(charm: string, resource: string, catalogue: CharmhubCatalogue, describing: Describing): Promise<Answer> {
  const files = catalogue.resources(charm, resource);
  if (files.length === 0) return errorList(404, 'resource-not-found', `No resource ${JSON.stringify(resource)} of charm ${JSON.stringify(charm)}.`);
  return json(200, { revisions: await resolveAll(files.map((file) => describeResource(file, describing))) });
}

/** `/api/v1/charms/download/ID_REV.charm` and `/api/v1/resources/download/charm_ID.NAME_REV`. */
function answerDownload([, version, kind, verb, file = '', ...more]: readonly string[], catalogue: CharmhubCatalogue): Answer | undefined {
  if (version !== 'v1' || verb !== 'download' || more.length > 0) return undefined;
  if (kind === 'charms') return downloadCharm(file, catalogue);
  return kind === 'resources' ? downloadResource(file, catalogue) : undefined;
}

function downloadCharm(file: string, catalogue: CharmhubCatalogue): Answer | undefined {
  const [, id = '', revision = '', type] = /^(.+)_(\d+)\.(charm|bundle)$/.exec(file) ?? [];
  const found = catalogue
    .releases(catalogue.nameOfId(id) ?? '')
    .find((release) => release.package.revision === Number(revision) && release.package.type === type);
  return found === undefined ? undefined : download(found.package.content, 'application/octet-stream', found.package.sha256);
}

function downloadResource(file: string, catalogue: CharmhubCatalogue): Answer | undefined {
  const [, id = '', name = '', revision = ''] = /^charm_([^.]+)\.(.+)_(\d+)$/.exec(file) ?? [];
  const found = catalogue.resources(catalogue.nameOfId(id) ?? '', name).find((resource) => resource.revision === Number(revision));
  return found === undefined ? undefined : download(found.content, 'application/octet-stream', found.sha256);
}
