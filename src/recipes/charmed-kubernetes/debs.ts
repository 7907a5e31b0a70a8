/** What the charms declare of Debian and Python packages: names, where from, who asks (facts/charmhub-juju.md 4.3–4.5). */
import type { CharmFiles } from '../../domain/releases.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import { rulesOf, type Catalogue } from './catalogue.ts';
import { layerOptions, type LayerOptions, layerTexts } from './layer-options.ts';

export interface PackageNeed {
  readonly package: string;
  /** `-` for Python. */
  readonly base: string;
  /** `ubuntu`, an APT root, `pypi`, or `charm` for what travels inside the charm. */
  readonly origin: string;
  readonly version: string;
  readonly charm: string;
  readonly why: string;
}

export interface CharmOnBase {
  readonly charm: string;
  readonly track: string;
  readonly base: string;
  readonly files: CharmFiles;
  /** Endpoints that the bundle relates. */
  readonly related: ReadonlySet<string>;
}

export function debNeeds(charms: readonly CharmOnBase[], catalogue: Catalogue): PackageNeed[] {
  return unique(charms.flatMap((charm) => charmNeeds(charm, layerOptions(charm.files.layerYaml), catalogue)));
}

/** What the machine of a site's registry installs, beside what `charms` need. */
export function registryNeeds(bases: readonly string[], track: string, catalogue: Catalogue): PackageNeed[] {
  const { charm } = catalogue.registry;
  return unique(bases.flatMap((base) => charmNeeds({ charm, track, base, related: new Set() }, {}, catalogue)));
}

/** `layers` are the options of layer.yaml; undefined for a charm that is not reactive. */
function charmNeeds({ charm, track, base, related }: Omit<CharmOnBase, 'files'>, layers: LayerOptions | undefined, catalogue: Catalogue): PackageNeed[] {
  const need = (names: readonly string[], origin: string, why: string): PackageNeed[] =>
    names.map((name) => ({ package: name, base, origin, version: '-', charm, why }));
  return [
    ...(layers === undefined ? [] : need(catalogue.reactiveDebs, 'ubuntu', 'layer-basic installs it')),
    ...need(layerTexts(layers?.['basic'], 'packages'), 'ubuntu', 'layer.yaml: options.basic.packages'),
    ...need(layerTexts(layers?.['apt'], 'packages'), 'ubuntu', 'layer.yaml: options.apt.packages'),
    ...rulesOf(catalogue, charm, track)
      .debs.filter(({ endpoints }) => endpoints === undefined || endpoints.some((endpoint) => related.has(endpoint)))
      .flatMap((rule) => need(rule.names, rule.origin ?? 'ubuntu', rule.why ?? 'installed by the charm')),
  ];
}

export function pythonNeeds(charms: readonly CharmOnBase[]): PackageNeed[] {
  return unique(
    charms.flatMap(({ charm, files }) => [
      ...layerTexts(layerOptions(files.layerYaml)?.['basic'], 'python_packages').map((name) => ({
        package: name,
        base: '-',
        origin: 'pypi',
        version: '-',
        charm,
        why: 'layer.yaml: options.basic.python_packages',
      })),
      ...files.wheelhouse.map((file) => ({ ...distribution(file), base: '-', origin: 'charm', charm, why: `wheelhouse/${file}` })),
    ]),
  );
}

/** `pyaml-23.5.8.tar.gz` and `pip-22.1-py3-none-any.whl` → name and version. */
function distribution(file: string): { package: string; version: string } {
  const match = /^(.+?)-(\d[^-]*?)(?:-.*)?(?:\.tar\.gz|\.zip|\.whl)$/.exec(file);
  return { package: match?.[1] ?? file, version: match?.[2] ?? '-' };
}

function unique(needs: readonly PackageNeed[]): PackageNeed[] {
  const key = (need: PackageNeed): string => [need.package, need.base, need.origin, need.charm].join('\t');
  return [...new Map(needs.map((need) => [key(need), need])).values()].toSorted((a, b) => byCodeUnit(key(a), key(b)));
}
