/** The bundle against its charms before anything large is fetched, as Juju will verify it, and against what the catalogue knows. Pure. */
import type { CharmMeta } from '../../bundle/charm-meta.ts';
import { readCharmMeta } from '../../bundle/charm-meta.ts';
import { verifyAgainstCharms } from '../../bundle/verify-charms.ts';
import type { Problem } from '../../domain/errors.ts';
import type { RecipeRequest } from '../recipe.ts';
import type { BundleSource } from './bundle-source.ts';
import type { Catalogue } from './catalogue.ts';
import type { CharmFact } from './facts.ts';
import { byTrack } from './track-range.ts';

/** Problems of every architecture, each once; what a correction has told already is not told again. */
export function charmProblems({ merged, places }: BundleSource, charms: readonly CharmFact[], told: readonly Problem[]): Problem[] {
  const archs = [...new Set(charms.map(({ arch }) => arch))];
  const found = archs.flatMap((arch) => verifyAgainstCharms(merged, metasOf(charms.filter((charm) => charm.arch === arch)), places));
  const key = ({ file, line, column, message }: Problem): string => [file, line, column, message].join('\t');
  const at = ({ file, line, column }: Problem): string => [file, line, column].join('\t');
  const toldAt = new Set(told.map(at));
  const own = found.filter((problem) => !(['endpoint', 'storage'].includes(problem.code) && toldAt.has(at(problem))));
  return [...new Map(own.map((problem) => [key(problem), problem])).values()];
}

function metasOf(charms: readonly CharmFact[]): Map<string, CharmMeta> {
  return new Map(
    charms.flatMap(({ applications, files }) => {
      const meta = readCharmMeta(files.metadataYaml, files.configYaml);
      return applications.map((application) => [application, meta] as const);
    }),
  );
}

export interface Reviewed {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Charms and tracks that nobody has read yet for what they fetch at the site. */
export function reviewed(
  { places }: BundleSource,
  charms: readonly CharmFact[],
  kubernetesTrack: string | undefined,
  { reviewedOnly }: Pick<RecipeRequest, 'reviewedOnly'>,
  catalogue: Catalogue,
): Reviewed {
  const foreign = charms
    .filter(({ release, local }) => !catalogue.charms.has(release.name) && local === undefined)
    .flatMap(({ release, applications }) =>
      applications.map((application) => ({
        place: places.at(['applications', application, 'charm']),
        message: `charm ${release.name} (application ${application}) has no reviewed row in the catalogue: what it fetches at the site beyond its own files is not known`,
      })),
    );
  const untried =
    kubernetesTrack === undefined || byTrack(kubernetesTrack)(catalogue.reviewed)
      ? []
      : [
          {
            place: {},
            message: `the catalogue was reviewed for ${catalogue.reviewed.from ?? ''} to ${catalogue.reviewed.until ?? ''}, not for ${kubernetesTrack}`,
          },
        ];
  const known = [...new Set(charms.map(({ release }) => release.name))].flatMap((name) => {
    const { warning } = catalogue.charms.get(name) ?? {};
    return warning === undefined ? [] : [`charm ${name}: ${warning}`];
  });
  const findings = [...new Map([...foreign, ...untried].map((finding) => [finding.message, finding])).values()];
  if (reviewedOnly === true) return { problems: findings.map(({ place, message }) => ({ ...place, code: 'not-reviewed', message })), warnings: known };
  return { problems: [], warnings: [...findings.map(({ message }) => message), ...known] };
}
