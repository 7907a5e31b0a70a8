/** Which charm release each application runs, and what is in it. */
import type { Application, Bundle } from '../../bundle/bundle.ts';
import { isArch, type Arch } from '../../domain/arch.ts';
import { archSuffix, fileNamePart } from '../../domain/archive-name.ts';
import type { CharmArtifact } from '../../domain/artifact.ts';
import { baseOfSeries, parseBase, type Base } from '../../domain/base.ts';
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { CharmRelease, CharmWanted } from '../../domain/releases.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { Upstream } from '../upstream.ts';
import { parseCharm } from '../../bundle/charm-url.ts';
import type { BundleSource } from './bundle-source.ts';
import type { CharmFact } from './facts.ts';

interface Want extends CharmWanted {
  readonly application: string;
  /** The channel is the bundle's, because the application names none. */
  readonly inherited: boolean;
}

/** When nothing says otherwise: the LTS that Juju 3.6 prefers (facts/charmhub-juju.md 1.10). */
const PREFERRED_BASE: Base = { name: 'ubuntu', channel: '24.04' };

export interface ResolvedCharms {
  readonly charms: readonly CharmFact[];
  readonly warnings: readonly string[];
}

export async function resolveCharms(source: BundleSource, request: RecipeRequest, upstream: Upstream): Promise<ResolvedCharms> {
  const wants = request.archs.flatMap((arch) =>
    [...source.merged.applications].flatMap(([name, application]) => (application === null ? [] : [want(name, application, arch, source, request)])),
  );
  const { releases, warnings } = await resolveWants(wants, upstream);
  const groups = new Map<string, { release: CharmRelease; want: Want; applications: string[] }>();
  for (const [index, each] of wants.entries()) {
    const release = releases[index];
    if (release === undefined) continue;
    const key = `${release.id}\t${release.revision}\t${each.arch}`;
    const group = groups.get(key) ?? { release, want: each, applications: [] };
    group.applications.push(each.application);
    groups.set(key, group);
  }
  const charms = await upstream.all([...groups.values()], async ({ release, want: { base, arch }, applications }): Promise<CharmFact> => {
    const artifact = charmArtifact(release, base, applications);
    return { artifact, release, files: await upstream.charmFiles(artifact), base, arch, applications: applications.toSorted() };
  });
  return { charms, warnings };
}

function want(application: string, spec: Application, arch: Arch, source: BundleSource, request: RecipeRequest): Want {
  const parsed = parseCharm(spec.charm ?? '');
  if (parsed.kind !== 'hub') {
    const message =
      parsed.kind === 'local'
        ? `application ${application} has a local charm, ${parsed.path}; only charms from Charmhub are packed yet`
        : `application ${application}: ${parsed.url} is a Charm Store URL; that store closed in February 2022; try charm ${parsed.hubName}${parsed.revision === undefined ? '' : `, revision ${parsed.revision}`}`;
    throw new ShrinkwrapError('INPUT_INVALID', {
      what: 'bundle',
      problems: [{ file: source.base.file, code: parsed.kind === 'local' ? 'local-charm' : 'charm-store', message }],
    });
  }
  const own = spec.channel === undefined || spec.channel === '' ? undefined : parseChannel(spec.channel);
  const channel = own ?? source.channel;
  return {
    application,
    name: parsed.name,
    inherited: own === undefined && channel !== undefined,
    ...(channel !== undefined && { channel: formatChannel(channel) }),
    ...(typeof spec.revision === 'number' && { revision: spec.revision }),
    base: baseOf(spec, source.merged, request),
    arch,
  };
}

/** Application base, application series, base of the machine it is placed on, the bundle's default, --base, Juju's preferred LTS. */
export function baseOf(spec: Application, bundle: Bundle, request: Pick<RecipeRequest, 'base'>): Base {
  const machine = spec.to?.map((place) => bundle.machines?.get(place.replace(/^[a-z]+:/, ''))).find((found) => found !== undefined && found !== null);
  const candidates = [spec.base, spec.series, machine?.base, machine?.series, bundle.defaultBase, bundle.series, request.base];
  return (
    candidates.map((text) => (text === undefined ? undefined : (parseBase(text) ?? baseOfSeries(text)))).find((base) => base !== undefined) ?? PREFERRED_BASE
  );
}

/** All with a channel of their own in one batch; the inheriting ones one by one, since each may have to fall back to its default release. */
async function resolveWants(wants: readonly Want[], upstream: Upstream): Promise<{ releases: (CharmRelease | undefined)[]; warnings: string[] }> {
  const warnings = new Set<string>();
  const named = wants.filter(({ inherited }) => !inherited);
  const batch = await upstream.charmhub.resolve(named.map(plain));
  const byWant = new Map<Want, CharmRelease | undefined>(named.map((each, index) => [each, batch[index]]));
  await upstream.all(
    wants.filter(({ inherited }) => inherited),
    async (each) => {
      byWant.set(each, await inherit(each, upstream, (message) => warnings.add(message)));
    },
  );
  return { releases: wants.map((each) => byWant.get(each)), warnings: [...warnings].toSorted() };
}

const plain = ({ name, channel, revision, base, arch }: Want): CharmWanted => ({
  name,
  base,
  arch,
  ...(channel !== undefined && { channel }),
  ...(revision !== undefined && { revision }),
});

/** Overlays name Charmed Kubernetes charms without a channel; from their default track they would not fit the cluster (facts/charmhub-juju.md 5.5). */
async function inherit(each: Want, upstream: Upstream, warn: (message: string) => void): Promise<CharmRelease | undefined> {
  try {
    return (await upstream.charmhub.resolve([plain(each)]))[0];
  } catch (error) {
    const unknownChannel = isShrinkwrapError(error) && error.code === 'UPSTREAM_NOT_FOUND';
    if (!unknownChannel) throw error;
    const { channel: _, ...rest } = plain(each);
    const [release] = await upstream.charmhub.resolve([rest]);
    warn(`charm ${each.name} (${each.application}) has no release on ${each.channel ?? ''}; its default ${release?.channel ?? 'release'} is taken`);
    return release;
  }
}

function charmArtifact(release: CharmRelease, base: Base, applications: readonly string[]): CharmArtifact {
  const arch = onlyArch(release);
  const bases = release.bases
    .map(({ name, channel }) => ({ name, channel }))
    .filter(({ channel }, index, all) => channel !== 'all' && all.findIndex((other) => other.channel === channel) === index);
  return {
    kind: 'charm',
    name: release.name,
    version: release.version,
    revision: release.revision,
    channel: formatChannel(parseChannel(release.channel)),
    ...(arch !== undefined && { arch }),
    bases: bases.length === 0 ? [base] : bases,
    id: release.id,
    path: `charms/${fileNamePart(release.name)}_r${release.revision}${archSuffix(arch)}.charm`,
    size: release.download.size,
    digests: [release.download.digest],
    source: release.download.source,
    reasons: applications.toSorted().map((application) => `application ${application}`),
  };
}

/** The architecture that a revision was built for; undefined for one that serves several. */
function onlyArch({ bases }: CharmRelease): Arch | undefined {
  const archs = new Set(bases.map(({ architecture }) => architecture));
  const [only] = archs;
  return archs.size === 1 && only !== undefined && isArch(only) ? only : undefined;
}
