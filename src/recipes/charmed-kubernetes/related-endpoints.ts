/** Which endpoints of each application the bundle relates, those that it leaves to Juju included. Pure. */
import type { Bundle } from '../../bundle/bundle.ts';
import { readCharmMeta } from '../../bundle/charm-meta.ts';
import { parseEndpoint } from '../../bundle/names.ts';
import { inferEndpoints } from '../../bundle/relation-endpoints.ts';
import type { CharmFact } from './facts.ts';

/** Application → names of endpoints of its charm. */
export function relatedEndpoints({ relations }: Pick<Bundle, 'relations'>, charms: readonly CharmFact[]): ReadonlyMap<string, ReadonlySet<string>> {
  const metas = new Map(
    charms.flatMap(({ applications, files }) => {
      const meta = readCharmMeta(files.metadataYaml, files.configYaml);
      return applications.map((application) => [application, meta] as const);
    }),
  );
  const related = new Map<string, Set<string>>();
  for (const relation of relations) {
    const [first, second] = relation.map(parseEndpoint);
    const [one, other] = [metas.get(first?.application ?? ''), metas.get(second?.application ?? '')];
    if (first === undefined || second === undefined || one === undefined || other === undefined) continue;
    const inferred = inferEndpoints(first, one, second, other);
    if ('complaint' in inferred) continue;
    for (const { application, relation: endpoint } of inferred.pair) related.set(application, (related.get(application) ?? new Set()).add(endpoint));
  }
  return related;
}
