/** What each application asks for: charm, channel, base, pinned revisions, files of this machine. Pure. */
import type { Application, Bundle } from '../../bundle/bundle.ts';
import { parseCharm } from '../../bundle/charm-url.ts';
import type { Arch } from '../../domain/arch.ts';
import { baseOfSeries, parseBase, type Base } from '../../domain/base.ts';
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import type { CharmWanted } from '../../domain/releases.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { BundleSource } from './bundle-source.ts';
import { rulesOf, type Catalogue } from './catalogue.ts';
import type { KeptFile, LocalFiles } from './local-files.ts';

export interface CharmWant extends CharmWanted {
  readonly application: string;
  /** The channel is the bundle's, because the application names none. */
  readonly inherited: boolean;
  /** The catalogue's channel for a charm that does not follow Kubernetes, where the application names none. */
  readonly reviewedChannel?: string;
  /** Nothing in the bundle says the base. */
  readonly anyBase: boolean;
  /** Resource → revision. */
  readonly pins: ReadonlyMap<string, number>;
  /** Resource → file of this machine. */
  readonly files: ReadonlyMap<string, KeptFile>;
  /** The charm itself, when it is one. */
  readonly file?: KeptFile;
}

/** When nothing says otherwise: the LTS that Juju 3.6 prefers (facts/charmhub-juju.md 1.10). */
const PREFERRED_BASE: Base = { name: 'ubuntu', channel: '24.04' };

export function charmWants(source: BundleSource, request: RecipeRequest, catalogue: Catalogue, local: LocalFiles): CharmWant[] {
  return request.archs.flatMap((arch) =>
    [...source.merged.applications].flatMap(([name, application]) =>
      application === null ? [] : [charmWant(name, application, arch, { source, request, catalogue, local })],
    ),
  );
}

interface Context {
  readonly source: BundleSource;
  readonly request: RecipeRequest;
  readonly catalogue: Catalogue;
  readonly local: LocalFiles;
}

function charmWant(application: string, spec: Application, arch: Arch, { source, request, catalogue, local }: Context): CharmWant {
  const charm = parseCharm(spec.charm ?? '');
  const name = charm.kind === 'hub' ? charm.name : '';
  const own = spec.channel === undefined || spec.channel === '' ? undefined : parseChannel(spec.channel);
  const channel = own ?? source.channel;
  const said = baseSaid(spec, source.merged, request);
  const base = said ?? PREFERRED_BASE;
  const reviewed = own === undefined ? reviewedChannel(catalogue, name, base, source) : undefined;
  const file = charm.kind === 'local' ? local.of(application) : undefined;
  const resources = [...(spec.resources ?? [])];
  return {
    application,
    name,
    inherited: own === undefined && channel !== undefined,
    ...(channel !== undefined && { channel: formatChannel(channel) }),
    ...(reviewed !== undefined && { reviewedChannel: reviewed }),
    ...(typeof spec.revision === 'number' && charm.kind === 'hub' && { revision: spec.revision }),
    base,
    anyBase: said === undefined,
    arch,
    pins: new Map(resources.flatMap(([resource, value]) => (typeof value === 'number' ? [[resource, value] as const] : []))),
    files: new Map(
      resources.flatMap(([resource]) => {
        const kept = local.of(application, resource);
        return kept === undefined ? [] : [[resource, kept] as const];
      }),
    ),
    ...(file !== undefined && { file }),
  };
}

function reviewedChannel(catalogue: Catalogue, charm: string, { channel: release }: Base, { channel }: BundleSource): string | undefined {
  const { channels } = rulesOf(catalogue, charm, channel?.track ?? 'latest');
  return channels.find(({ base }) => base === undefined || base === release)?.channel;
}

/** Application base, application series, base of the machine it is placed on, the bundle's default, --base; then Juju's preferred LTS. */
export const baseOf = (spec: Application, bundle: Bundle, request: Pick<RecipeRequest, 'base'>): Base => baseSaid(spec, bundle, request) ?? PREFERRED_BASE;

function baseSaid(spec: Application, bundle: Bundle, request: Pick<RecipeRequest, 'base'>): Base | undefined {
  const machine = spec.to?.map((place) => bundle.machines?.get(place.replace(/^[a-z]+:/, ''))).find((found) => found !== undefined && found !== null);
  const candidates = [spec.base, spec.series, machine?.base, machine?.series, bundle.defaultBase, bundle.series, request.base];
  return candidates.map((text) => (text === undefined ? undefined : (parseBase(text) ?? baseOfSeries(text)))).find((base) => base !== undefined);
}
