/** The resources that a charm runs with: the channel's, those that the bundle pins, files of this machine; one for everything its metadata declares. */
import type { CharmMeta } from '../../bundle/charm-meta.ts';
import { EMPTY_SHA256 } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { CharmRelease, ResourceRelease } from '../../domain/releases.ts';
import type { Upstream } from '../upstream.ts';
import type { CharmWant } from './charm-wants.ts';

/** A pinned revision of a charm may declare other resources than the channel's: what it lacks is looked up, what it does not know goes. */
export async function settleResources(
  release: CharmRelease,
  meta: CharmMeta,
  want: CharmWant,
  upstream: Upstream,
  warn: (message: string) => void,
): Promise<CharmRelease> {
  const released = new Map(release.resources.map((resource) => [resource.name, resource]));
  const names = [...new Set([...(want.revision === undefined ? released.keys() : []), ...meta.resources.keys()])];
  const resources = await upstream.all(names, async (name): Promise<ResourceRelease | undefined> => {
    const { type = 'file', filename = '' } = meta.resources.get(name) ?? {};
    const present = released.get(name);
    const file = want.files.get(name);
    if (file !== undefined) return { name, type: 'file', filename: filename === '' ? name : filename, revision: 0, download: file.download };
    if (want.file !== undefined) return type === 'file' ? placeholder(name, filename, want, warn) : undefined;
    const pin = want.pins.get(name);
    if (present !== undefined && (pin === undefined || present.revision === pin)) return present;
    if (pin === undefined && type !== 'file') return undefined;
    return revisionOf(release.name, name, pin, upstream);
  });
  return { ...release, resources: resources.filter((resource) => resource !== undefined) };
}

/** Pinned, or else the newest that is served. */
async function revisionOf(charm: string, resource: string, pin: number | undefined, upstream: Upstream): Promise<ResourceRelease> {
  const revisions = await upstream.charmhub.resourceRevisions(charm, resource);
  const wanted = pin ?? Math.max(-1, ...revisions.map(({ revision }) => revision));
  const found = revisions.find(({ revision }) => revision === wanted);
  if (found !== undefined) return found;
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
    what: 'resource',
    name: `${charm}/${resource}${pin === undefined ? '' : ` revision ${pin}`}`,
    where: 'Charmhub',
    exists: revisions.map(({ revision }) => `revision ${revision}`),
  });
}

/** Juju would register an empty one and the charm would find that out at the site (facts/charmhub-juju.md 3.8). */
function placeholder(name: string, filename: string, { application, pins }: CharmWant, warn: (message: string) => void): ResourceRelease {
  if (!filename.endsWith('.snap')) {
    const pinned = pins.get(name);
    const why = pinned === undefined ? 'the bundle names no file for it' : `a local charm has no revision ${pinned} of it`;
    warn(`application ${application}: resource ${name} of its local charm is packed empty: ${why}`);
  }
  const file = filename === '' ? name : filename;
  return { name, type: 'file', filename: file, revision: 0, download: { source: `local:${file}`, size: 0, digest: EMPTY_SHA256 } };
}
