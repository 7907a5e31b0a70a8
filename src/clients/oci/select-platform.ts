/** Chooses an index's entry for a platform, strictly, with the normalisation of containerd (facts/oci.md 4.5). */
import { formatPlatform, type Platform } from '../../domain/arch.ts';
import type { Descriptor } from '../../domain/artifact.ts';

export interface IndexEntry extends Descriptor {
  readonly platform?: Platform;
  readonly annotations: ReadonlyMap<string, string>;
}

const ARCHITECTURES: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> = new Map([
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['aarch64', { architecture: 'arm64' }],
  ['i386', { architecture: '386' }],
  ['i686', { architecture: '386' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
]);

/** By ARCHITECTURE/VARIANT: variants that say nothing become empty, those of arm gain their `v`. */
const VARIANTS: ReadonlyMap<string, string> = new Map([
  ['amd64/v1', ''],
  ['arm64/v8', ''],
  ['arm64/8', ''],
  ['arm/', 'v7'],
  ['arm/5', 'v5'],
  ['arm/6', 'v6'],
  ['arm/7', 'v7'],
  ['arm/8', 'v8'],
]);

/** `linux/amd64`, `linux/arm/v7`: equal texts are equal platforms. */
export function platformKey(platform: Platform): string {
  const written = platform.architecture.toLowerCase();
  const known = ARCHITECTURES.get(written) ?? { architecture: written };
  const variant = known.variant ?? (platform.variant ?? '').toLowerCase();
  return formatPlatform({
    os: platform.os.toLowerCase(),
    architecture: known.architecture,
    variant: VARIANTS.get(`${known.architecture}/${variant}`) ?? variant,
  });
}

/** Provenance stored beside the images of an index, under a platform that no machine has. */
const isAttestation = ({ platform, annotations }: IndexEntry): boolean =>
  annotations.has('vnd.docker.reference.type') || (platform?.os === 'unknown' && platform.architecture === 'unknown');

/** What a person can choose from. */
export const offeredPlatforms = (entries: readonly IndexEntry[]): string[] => [
  ...new Set(entries.filter((entry) => !isAttestation(entry)).flatMap(({ platform }) => (platform === undefined ? [] : [platformKey(platform)]))),
];

/** The candidates in the order they are to be tried: the first with the very platform, else those that name none. */
export function selectPlatform(entries: readonly IndexEntry[], wanted: Platform): readonly IndexEntry[] {
  const images = entries.filter((entry) => !isAttestation(entry));
  const key = platformKey(wanted);
  const match = images.find(({ platform }) => platform !== undefined && platformKey(platform) === key);
  return match === undefined ? images.filter(({ platform }) => platform === undefined) : [match];
}
