/** The relations of a bundle, as far as they can be judged without charms. */
import type { Relation } from './bundle.ts';
import { type Endpoint, parseEndpoint } from './names.ts';
import { quoted, type Verifying } from './verifying.ts';

export const shownRelation = (relation: Relation): string => `[${relation.map(quoted).join(' ')}]`;

/** The same for both ways round. */
export const relationKey = (endpoints: readonly Endpoint[]): string =>
  JSON.stringify(endpoints.map(({ application, relation }) => [application, relation]).toSorted(byText));

const byText = (a: readonly string[], b: readonly string[]): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

export function verifyRelations(verifying: Verifying): void {
  const seen = new Set<string>();
  for (const relation of verifying.bundle.relations) {
    for (const [code, message] of complaints(verifying, relation, seen)) verifying.problems.push({ ...verifying.places.ofRelation(relation), code, message });
  }
}

function complaints({ bundle }: Verifying, relation: Relation, seen: Set<string>): [code: string, message: string][] {
  const shown = shownRelation(relation);
  if (relation.length !== 2) return [['relation-endpoints', `relation ${shown} has ${relation.length} endpoint(s), not 2`]];
  const found: [string, string][] = [];
  const endpoints: Endpoint[] = [];
  for (const text of relation) {
    const endpoint = parseEndpoint(text);
    if (endpoint === undefined) {
      found.push(['relation-syntax', `invalid relation syntax ${quoted(text)}`]);
      continue;
    }
    const { application } = endpoint;
    const [isApplication, isSaas] = [bundle.applications.has(application), bundle.saas.has(application)];
    if (!isApplication && !isSaas)
      found.push(['relation-unknown', `relation ${shown} refers to application ${quoted(application)} not defined in this bundle`]);
    if (isApplication && isSaas)
      found.push(['relation-ambiguous', `ambiguous relation ${quoted(application)} refers to a application and a SAAS in this bundle`]);
    endpoints.push(endpoint);
  }
  if (endpoints.length !== 2) return found;
  if (endpoints[0]?.application === endpoints[1]?.application) found.push(['relation-self', `relation ${shown} relates an application to itself`]);
  const key = relationKey(endpoints);
  if (seen.has(key)) found.push(['relation-twice', `relation ${shown} is defined more than once`]);
  seen.add(key);
  return found;
}
