/** Processor architectures under Debian's names, which Juju and the snap store share. OCI differs (facts/charmhub-juju.md 1.10). */
import { ShrinkwrapError } from './errors.ts';

export const ARCHES = ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 'riscv64', 's390x'] as const;
export type Arch = (typeof ARCHES)[number];

/** The architecture that file and archive names leave out. */
export const DEFAULT_ARCH: Arch = 'amd64';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const OCI: Record<Arch, Platform> = {
  amd64: { os: 'linux', architecture: 'amd64' },
  arm64: { os: 'linux', architecture: 'arm64' },
  armhf: { os: 'linux', architecture: 'arm', variant: 'v7' },
  i386: { os: 'linux', architecture: '386' },
  ppc64el: { os: 'linux', architecture: 'ppc64le' },
  riscv64: { os: 'linux', architecture: 'riscv64' },
  s390x: { os: 'linux', architecture: 's390x' },
};

export const isArch = (text: string): text is Arch => (ARCHES as readonly string[]).includes(text);

export function parseArch(text: string): Arch {
  if (!isArch(text)) throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'architecture', name: text, where: 'the Debian names', exists: [...ARCHES] });
  return text;
}

/** What an OCI index calls the architecture. */
export const ociPlatform = (arch: Arch): Platform => OCI[arch];

/** `linux/arm/v7`: the form of images.tsv and of every container tool. */
export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
