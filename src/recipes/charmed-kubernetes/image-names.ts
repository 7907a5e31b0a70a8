/** The names under which one image is known, and the places to ask for it. */
import type { Arch } from '../../domain/arch.ts';
import { formatImageRef, parseImageRef, type ImageRef } from '../../domain/image-ref.ts';
import type { Catalogue } from './catalogue.ts';

/** A name of a list or a charm in full: bare names of old lists get the registry they were written for. `:443` says nothing more than https. */
export function fullImageName(name: string, images: Catalogue['images']): string {
  const first = name.split('/', 1)[0] ?? '';
  const hasHost = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return formatImageRef(parseImageRef((hasHost ? name : `${images.bareNamesBelow}/${name}`).replace(/^([^/:]+):443\//, '$1/')));
}

/** Where to ask, in order: the sources for a CDK name, else just the name's own registry. */
export function imageCandidates(name: string, images: Catalogue['images'], sources: readonly string[]): ImageRef[] {
  const below = images.cdkNames.filter((prefix) => name.startsWith(prefix)).map((prefix) => name.slice(prefix.length))[0];
  const own = parseImageRef(name);
  if (below === undefined) return [own];
  const asked = sources.map((source) => parseImageRef(`${source.replace(/\/+$/, '')}/${below}`));
  return asked.some((ref) => formatImageRef(ref) === formatImageRef(own)) ? asked : [...asked, own];
}

/** The architecture that the name itself carries (`addon-resizer-s390x:1.8.9`), if any. */
export function archOfName(name: string, images: Catalogue['images']): string | undefined {
  const repository = name.split('/').at(-1)?.split(':', 1)[0] ?? '';
  const suffix = Object.keys(images.archSuffixes).find((known) => repository.endsWith(`-${known}`));
  return suffix === undefined ? undefined : images.archSuffixes[suffix];
}

/** False for an image that is made for another architecture by name. */
export const isForArch = (name: string, arch: Arch, images: Catalogue['images']): boolean => (archOfName(name, images) ?? arch) === arch;
