/** Which charm each application runs, and what is in it. */
import { readCharmMeta } from '../../bundle/charm-meta.ts';
import { isArch, type Arch } from '../../domain/arch.ts';
import { archSuffix, fileNamePart } from '../../domain/archive-name.ts';
import type { CharmArtifact } from '../../domain/artifact.ts';
import { formatBase, type Base } from '../../domain/base.ts';
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import type { CharmRelease } from '../../domain/releases.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { Upstream } from '../upstream.ts';
import type { BundleSource } from './bundle-source.ts';
import type { Catalogue } from './catalogue.ts';
import { charmWants, type CharmWant } from './charm-wants.ts';
import type { CharmFact } from './facts.ts';
import { readLocalCharm } from './local-charm.ts';
import type { LocalFiles } from './local-files.ts';
import { resolveWants } from './resolve-wants.ts';
import { settleResources } from './settle-resources.ts';
import { supportedBase } from './supported-base.ts';

export interface ResolvedCharms {
  readonly charms: readonly CharmFact[];
  readonly warnings: readonly string[];
}

interface Group {
  readonly release: CharmRelease;
  readonly want: CharmWant;
  readonly base: Base;
  readonly applications: string[];
}

export async function resolveCharms(
  source: BundleSource,
  request: RecipeRequest,
  { catalogue, local, upstream }: { readonly catalogue: Catalogue; readonly local: LocalFiles; readonly upstream: Upstream },
): Promise<ResolvedCharms> {
  const warnings = new Set<string>();
  const warn = (message: string): void => void warnings.add(message);
  const wants = charmWants(source, request, catalogue, local);
  const releases = await resolveWants(
    wants.filter(({ file }) => file === undefined),
    upstream,
    warn,
  );
  const groups = new Map<string, Group>();
  for (const want of wants) {
    const release = want.file === undefined ? releases.get(want) : await readLocalCharm(want, want.file, upstream);
    if (release === undefined) continue;
    const base = supportedBase(want, release, warn);
    const own = [...want.pins, ...[...want.files].map(([name, { download }]) => [name, download.digest.hex])];
    const key = [release.id, release.revision, want.arch, formatBase(base), JSON.stringify(own)].join('\t');
    const group = groups.get(key) ?? { release, want, base, applications: [] };
    group.applications.push(want.application);
    groups.set(key, group);
  }
  const charms = await upstream.all([...groups.values()], (group) => charmFact(group, request, upstream, warn));
  return { charms, warnings: [...warnings].toSorted() };
}

async function charmFact(
  { release: found, want, base, applications }: Group,
  request: RecipeRequest,
  upstream: Upstream,
  warn: (message: string) => void,
): Promise<CharmFact> {
  const artifact = charmArtifact(found, base, applications, want.file !== undefined);
  const files = await upstream.charmFiles(artifact);
  const meta = readCharmMeta(files.metadataYaml, files.configYaml);
  const release = request.skip.includes('resources') ? found : await settleResources(found, meta, want, upstream, warn);
  const { arch, file } = want;
  const track = want.inherited && want.channel !== undefined ? parseChannel(want.channel).track : parseChannel(release.channel).track;
  return { artifact, release, files, base, arch, track, applications: applications.toSorted(), ...(file !== undefined && { local: true }) };
}

function charmArtifact(release: CharmRelease, base: Base, applications: readonly string[], local: boolean): CharmArtifact {
  const arch = onlyArch(release);
  const bases = release.bases
    .map(({ name, channel }) => ({ name, channel }))
    .filter(({ channel }, index, all) => channel !== 'all' && all.findIndex((other) => other.channel === channel) === index);
  const revision = local ? `local_${release.download.digest.hex.slice(0, 8)}` : `r${release.revision}`;
  return {
    kind: 'charm',
    name: release.name,
    version: release.version,
    revision: release.revision,
    channel: formatChannel(parseChannel(release.channel)),
    ...(arch !== undefined && { arch }),
    bases: bases.length === 0 ? [base] : bases,
    id: release.id,
    path: `charms/${fileNamePart(release.name)}_${revision}${archSuffix(arch)}.charm`,
    size: release.download.size,
    digests: [release.download.digest],
    source: release.download.source,
    reasons: applications.toSorted().map((application) => `application ${application}${local ? ', a local charm' : ''}`),
  };
}

/** The architecture that a revision was built for; undefined for one that serves several. */
function onlyArch({ bases }: CharmRelease): Arch | undefined {
  const archs = new Set(bases.map(({ architecture }) => architecture));
  const [only] = archs;
  return archs.size === 1 && only !== undefined && isArch(only) ? only : undefined;
}
