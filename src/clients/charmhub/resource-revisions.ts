/** GET /v2/charms/resources/CHARM/RESOURCE/revisions: what a bundle that pins a resource is served from (facts/charmhub-juju.md 1.6). */
import type { ResourceRelease } from '../../domain/releases.ts';
import { decodeResources } from './decode-charm.ts';
import { notFound } from './info.ts';
import { askCharmhub, type CharmhubSession, refusalError } from './session.ts';

const ABSENT: ReadonlySet<string> = new Set(['', 'not-found', 'name-not-found', 'id-not-found', 'resource-not-found', 'charm-resource-not-found']);

/** In the order of the answer, which promises none. */
export async function readResourceRevisions(session: CharmhubSession, charm: string, resource: string): Promise<ResourceRelease[]> {
  const path = `v2/charms/resources/${encodeURIComponent(charm)}/${encodeURIComponent(resource)}/revisions`;
  const reply = await askCharmhub(session, path);
  if ('document' in reply) {
    const revisions = reply.document.at('revisions');
    const wrong = revisions.list().find((each) => each.at('name').text() !== resource);
    wrong?.at('name').refuse(`the resource asked for, ${resource}`);
    return decodeResources(revisions, session.addresses);
  }
  if (ABSENT.has(reply.refused.code)) throw notFound(session, 'resource', `${charm}/${resource}`, []);
  throw refusalError(session, path, `revisions of ${charm}/${resource}`, reply.refused);
}
