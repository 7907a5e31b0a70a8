/** Resources of the charms → artifacts: fetched, empty placeholders, or made here. Pure. */
import { createHash } from 'node:crypto';
import type { Arch } from '../../domain/arch.ts';
import type { ImageArtifact, ResourceArtifact } from '../../domain/artifact.ts';
import { digest, EMPTY_SHA256 } from '../../domain/digest.ts';
import { parseImageRef, sitePath } from '../../domain/image-ref.ts';
import type { ResourceRelease } from '../../domain/releases.ts';
import type { Catalogue } from './catalogue.ts';
import type { CharmFact, Facts } from './facts.ts';

/** The option names the image that the resource of this name holds (facts/offline-deploy.md 2.6, T5). */
const NODE_IMAGE = 'calico-node-image';

/** Architectures of one charm share its resources; where their releases name different ones, or what is made differs, each has its own. */
export function resourceArtifacts(facts: Pick<Facts, 'charms' | 'asked' | 'oci'>, images: readonly ImageArtifact[]): ResourceArtifact[] {
  const byPath = new Map<string, ResourceArtifact>();
  for (const charm of facts.charms) {
    for (const application of charm.applications) {
      for (const resource of charm.release.resources) {
        const plain = resourceArtifact(charm, application, resource, facts, images);
        if (plain === undefined) continue;
        const present = byPath.get(plain.path);
        if (present === undefined) byPath.set(plain.path, plain);
        else if (present.revision !== plain.revision || present.digests[0]?.hex !== plain.digests[0]?.hex) {
          const path = plain.path.replace(`/${resource.name}/`, `/${resource.name}_${charm.arch}/`);
          byPath.set(path, { ...plain, path });
        }
      }
    }
  }
  return [...byPath.values()];
}

/** Name of a resource → its file for units of this architecture. */
export function resourcePaths(resources: readonly ResourceArtifact[], application: string, arch: Arch): Map<string, string> {
  const own = resources.filter((each) => each.application === application);
  const apart = (each: ResourceArtifact): boolean => each.path.startsWith(`resources/${application}/${each.resource}_${arch}/`);
  const shared = own.filter((each) => each.path.startsWith(`resources/${application}/${each.resource}/`));
  return new Map([...shared, ...own.filter(apart)].map(({ resource, path }) => [resource, path]));
}

function resourceArtifact(
  charm: CharmFact,
  application: string,
  resource: ResourceRelease,
  facts: Pick<Facts, 'asked' | 'oci'>,
  images: readonly ImageArtifact[],
): ResourceArtifact | undefined {
  const { name, revision, type, download } = resource;
  const filename = type === 'oci-image' ? `${name}.json` : resource.filename;
  const common = {
    kind: 'resource',
    name: `${charm.release.name}/${name}`,
    version: String(revision),
    revision,
    application,
    charm: charm.release.name,
    resource: name,
    filename,
    path: `resources/${application}/${name}/${filename}`,
    source: download.source,
  } as const;
  const who = `resource ${name} of charm ${charm.release.name}`;
  if (type === 'oci-image') {
    const reference = facts.oci.find((each) => each.application === application && each.resource === name)?.reference;
    return reference === undefined ? undefined : { ...common, ...ofText(imageDocument(reference)), reasons: [`${who} (${application}), without its login`] };
  }
  const node = name === NODE_IMAGE ? nodeImage(charm, application, facts, images) : undefined;
  if (node !== undefined) {
    const { image, reference } = node;
    const reasons = [`${who} (${application}), made of ${image.name}: the charm loads it, since what it runs pulls from no mirror`];
    return { ...common, size: image.size, digests: image.digests, derived: { from: 'image', image: image.path, reference }, reasons };
  }
  if (filename.endsWith('.snap') && !download.source.startsWith('local:'))
    return { ...common, size: 0, digests: [EMPTY_SHA256], reasons: [`placeholder for ${who}: the snap comes from the site's store`] };
  return { ...common, size: download.size, digests: [download.digest], reasons: [`${who} (${application})`] };
}

/** What Juju reads out of a file for such a resource, without the login (facts/charmhub-juju.md 1.9). */
const imageDocument = (reference: string): string => `${JSON.stringify({ ImageName: reference })}\n`;

function ofText(text: string): Pick<ResourceArtifact, 'size' | 'digests' | 'derived'> {
  const bytes = Buffer.from(text);
  return { size: bytes.length, digests: [digest('sha256', createHash('sha256').update(bytes).digest('hex'))], derived: { from: 'text', text } };
}

function nodeImage({ arch }: CharmFact, application: string, { asked }: Pick<Facts, 'asked'>, images: readonly ImageArtifact[]) {
  const mention = asked.find((each) => each.application === application && each.option === NODE_IMAGE);
  if (mention?.value === undefined) return undefined;
  const target = sitePath(parseImageRef(mention.name));
  const image = images.find((each) => each.arch === arch && each.targets.includes(target));
  return image === undefined ? undefined : { image, reference: mention.value };
}

/** Real files that the charm will not take. */
export function sizeWarnings(charms: readonly CharmFact[], { resourceSizes }: Catalogue): string[] {
  const found = charms.flatMap(({ release, applications }) =>
    release.resources.flatMap(({ name, filename, type, download: { size } }) =>
      resourceSizes
        .filter(({ filenames, least, empty }) => type === 'file' && filenames.includes(filename) && size < least && !(size === 0 && empty !== undefined))
        .map(({ why }) => `resource ${name} of charm ${release.name} r${release.revision} (${applications.join(', ')}) has ${size} bytes: ${why}`),
    ),
  );
  return [...new Set(found)];
}
