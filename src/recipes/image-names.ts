/** The names under which one image is known, and the places to ask for it. */
import type { Arch } from '../domain/arch.ts';
import { formatImageRef, parseImageRef, type ImageRef } from '../domain/image-ref.ts';

/** What the catalogue says of names. */
export interface ImageNaming {
  /** HOST/PATH prefixes at which CDK names are asked for, in order. */
  readonly sources: readonly string[];
  /** Prefixes of CDK names. */
  readonly cdkNames: readonly string[];
  /** What stands before the bare names of old lists. */
  readonly bareNamesBelow: string;
  /** Endings of names that carry their architecture → its Debian name. */
  readonly archSuffixes: Readonly<Record<string, string>>;
}

/** A name of a list or a charm in full: bare names of old lists get the registry they were written for. */
export function fullImageName(name: string, { bareNamesBelow }: Pick<ImageNaming, 'bareNamesBelow'>): string {
  return normalName(namesHost(name) ? name : `${bareNamesBelow}/${name}`);
}

/** Whether the name says which registry it means. */
export function namesHost(name: string): boolean {
  const first = name.split('/', 1)[0] ?? '';
  return name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
}

/** As every container tool reads it, in full; `:443` says nothing more than https. INPUT_MALFORMED for what is no reference. */
export const normalName = (name: string): string => formatImageRef(parseImageRef(name.replace(/^([^/:]+):443\//, '$1/')));

/** Where to ask, in order: the sources for a CDK name, else just the name's own registry. */
export function imageCandidates(name: string, { cdkNames }: Pick<ImageNaming, 'cdkNames'>, sources: readonly string[]): ImageRef[] {
  const below = cdkNames.filter((prefix) => name.startsWith(prefix)).map((prefix) => name.slice(prefix.length))[0];
  const own = parseImageRef(name);
  if (below === undefined) return [own];
  const asked = sources.map((source) => parseImageRef(`${source.replace(/\/+$/, '')}/${below}`));
  return asked.some((ref) => formatImageRef(ref) === formatImageRef(own)) ? asked : [...asked, own];
}

/** The architecture that the name itself carries (`addon-resizer-s390x:1.8.9`), if any. */
export function archOfName(name: string, { archSuffixes }: Pick<ImageNaming, 'archSuffixes'>): string | undefined {
  const repository = name.split('/').at(-1)?.split(':', 1)[0] ?? '';
  const suffix = Object.keys(archSuffixes).find((known) => repository.endsWith(`-${known}`));
  return suffix === undefined ? undefined : archSuffixes[suffix];
}

/** False for an image that is made for another architecture by name. */
export const isForArch = (name: string, arch: Arch, naming: Pick<ImageNaming, 'archSuffixes'>): boolean => (archOfName(name, naming) ?? arch) === arch;
