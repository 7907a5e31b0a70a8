/** What the operator's README says of one plan: counts, eras, needs. Pure. */
import { parseBase } from '../../domain/base.ts';
import { formatBytes } from '../../domain/format-bytes.ts';
import { parseImageRef } from '../../domain/image-ref.ts';
import type { Plan } from '../../domain/plan.ts';

export interface SiteFacts {
  readonly plan: Plan;
  readonly count: (kind: string) => number;
  /** Unpacked, for people. */
  readonly size: string;
  /** MAJOR.MINOR of the oldest Juju that deploys it. */
  readonly jujuMinimum: string;
  /** An application manages the cloud: `juju deploy --trust`. */
  readonly trust: boolean;
  /** Charms up to 1.28 have a resource for each snap, empty here; later ones know the store only (facts/offline-deploy.md 1.3). */
  readonly snapResources: boolean;
  /** Names of the snaps by channel, both sorted. */
  readonly snapChannels: ReadonlyMap<string, readonly string[]>;
  /** noble and later keep APT sources in another format, which older Juju does not rewrite (facts/offline-deploy.md 4.3). */
  readonly deb822: boolean;
  /** Rows of pypi/packages.tsv that no charm brings. */
  readonly pythonPackages: number;
  readonly debs: boolean;
  /** `registry:2`, when the image of a registry is in the archive. */
  readonly registryImage: string | undefined;
}

const REGISTRY = 'docker.io/library/registry:';

export function siteFacts(plan: Plan): SiteFacts {
  const rows = (path: string): string[][] => {
    const lines =
      plan.files
        .find((file) => file.path === path)
        ?.text.trimEnd()
        .split('\n') ?? [];
    return lines.slice(1).map((line) => line.split('\t'));
  };
  const archive = new Map(rows('kit/data/archive.tsv').map(([key = '', value = '']) => [key, value]));
  const channels = new Map<string, string[]>();
  for (const [name = '', , , channel = ''] of rows('snaps/snaps.tsv')) channels.set(channel, [...new Set([...(channels.get(channel) ?? []), name])].toSorted());
  const registry = plan.artifacts.find(({ kind, name }) => kind === 'image' && name.startsWith(REGISTRY));
  return {
    plan,
    count: (kind) => plan.totals.kinds[kind]?.count ?? 0,
    size: formatBytes(plan.totals.bytes),
    jujuMinimum: archive.get('juju_min') ?? '2.9',
    trust: archive.get('trust') === 'yes',
    snapResources: plan.artifacts.some(({ kind, path }) => kind === 'resource' && /\/kubectl\/[^/]+\.snap$/.test(path)),
    snapChannels: new Map([...channels].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    deb822: plan.bases.some(({ base }) => Number(parseBase(base)?.channel ?? 0) >= 24),
    pythonPackages: rows('pypi/packages.tsv').filter(([, , origin]) => origin === 'pypi').length,
    debs: plan.files.some(({ path }) => path === 'apt/packages.tsv'),
    registryImage: registry === undefined ? undefined : `registry:${parseImageRef(registry.name).tag ?? ''}`,
  };
}
