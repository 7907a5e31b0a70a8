/** oci-image resources: which image each refers to. Their logins stay behind the port (facts/charmhub-juju.md 1.9). */
import { formatImageRef, parseImageRef } from '../../domain/image-ref.ts';
import type { Upstream } from '../upstream.ts';
import type { CharmFact, OciResource } from './facts.ts';
import type { ImageMention } from './wanted-images.ts';

export async function ociResources(
  charms: readonly CharmFact[],
  upstream: Upstream,
): Promise<{ readonly oci: readonly OciResource[]; readonly mentions: readonly ImageMention[] }> {
  const resources = charms.flatMap(({ release, applications }) =>
    release.resources.filter(({ type }) => type === 'oci-image').map((resource) => ({ charm: release.name, applications, resource })),
  );
  const found = await upstream.all(resources, async (each) => ({ ...each, reference: await upstream.imageOfResource(each.resource) }));
  return {
    oci: found.flatMap(({ applications, resource, reference }) => applications.map((application) => ({ application, resource: resource.name, reference }))),
    mentions: found.flatMap(({ charm, applications, resource, reference }) =>
      applications.map((application) => ({
        name: formatImageRef(parseImageRef(reference)),
        reason: `resource ${resource.name} of charm ${charm} (${application})`,
        application,
        login: resource.download.source,
      })),
    ),
  };
}
