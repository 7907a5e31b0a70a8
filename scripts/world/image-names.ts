/** Which images a world has: every line of the track's lists, what the charms name, and what every cluster needs. */
import { type Arch, isArch } from '#src/domain/arch.js';
import { parseChannel } from '#src/domain/channel.js';
import { byCodeUnit } from '#src/domain/sorted.js';
import type { CharmRelease } from './charm-release.ts';

export interface ImageName {
  /** Full: host, path, tag, and the digest when charms pin it. */
  readonly name: string;
  readonly reasons: readonly string[];
  /** The architecture that the name carries. */
  readonly only?: Arch;
  readonly pinned: boolean;
  /** Somebody asks for it by the digest of its index: a registry must have all of that. */
  readonly whole: boolean;
}

export interface ImageList {
  readonly file: string;
  readonly text: string;
}

/** Ship both: which one a cluster takes depends on charm and release (facts/offline-deploy.md 1.7); registry:2 is what a site starts. */
const ALWAYS = ['rocks.canonical.com/cdk/pause:3.6', 'rocks.canonical.com/cdk/pause:3.9', 'docker.io/library/registry:2'];
/** Old lists leave the registry out (facts/charmhub-juju.md 6.1). */
const BARE_BELOW = 'rocks.canonical.com/cdk/';
const OCI_NAMES: Readonly<Record<string, string>> = { ppc64le: 'ppc64el' };

export function imageNames(lists: readonly ImageList[], channel: string, charms: readonly CharmRelease[]): ImageName[] {
  const reasons = new Map<string, { reasons: Set<string>; pinned: boolean; whole: boolean }>();
  const add = (name: string, reason: string, { pinned = false, whole = false } = {}): void => {
    const full = fullName(name);
    const entry = reasons.get(full) ?? { reasons: new Set(), pinned: false, whole: false };
    entry.reasons.add(reason);
    entry.pinned ||= pinned;
    entry.whole ||= whole || pinned;
    reasons.set(full, entry);
  };
  for (const { file, text } of listsOfTrack(lists, channel)) for (const name of linesOf(text)) add(name, `image list container-images/${file}`);
  for (const charm of charms) {
    for (const name of [...charm.images, ...[...charm.templates.values()].flat()]) add(name, `charm ${charm.name}`);
    for (const { image } of charm.resources) if (image !== undefined) add(image, `charm ${charm.name}`, { whole: true });
    for (const { images, pinned } of charm.manifests) for (const name of images) add(name, `charm ${charm.name}`, { pinned });
  }
  for (const name of ALWAYS) add(name, 'always');
  return [...reasons]
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([name, entry]) => {
      const only = archOfName(name);
      return { name, reasons: [...entry.reasons].toSorted(byCodeUnit), pinned: entry.pinned, whole: entry.whole, ...(only !== undefined && { only }) };
    });
}

/** What cdk-addons deploys (facts/offline-deploy.md 2.4), as the newest complete list of the track has it. */
export function addonImages(lists: readonly ImageList[], channel: string): string[] {
  const complete = listsOfTrack(lists, channel)
    .filter(({ text }) => text.includes('/coredns/'))
    .toSorted((a, b) => b.file.localeCompare(a.file, 'en', { numeric: true }))[0];
  const names = linesOf(complete?.text ?? '').map((line) => fullName(line).slice(BARE_BELOW.length));
  return names.filter((name) => /^(?:coredns|kubernetesui|metrics-server|kube-state-metrics)\/|^addon-resizer-amd64/.test(name));
}

/** Finals and pre-releases; `latest` is every track. */
function listsOfTrack(lists: readonly ImageList[], channel: string): ImageList[] {
  const { track } = parseChannel(channel);
  return lists.filter(({ file }) => (track === 'latest' ? /^v\d/.test(file) : file.startsWith(`v${track}.`)));
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

export function fullName(name: string): string {
  const first = name.split('/', 1)[0] ?? '';
  return name.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? name : BARE_BELOW + name;
}

function archOfName(name: string): Arch | undefined {
  const repository = name.split('/').at(-1)?.split(':', 1)[0] ?? '';
  const suffix = repository.slice(repository.lastIndexOf('-') + 1);
  const arch = OCI_NAMES[suffix] ?? suffix;
  return repository.includes('-') && isArch(arch) ? arch : undefined;
}
