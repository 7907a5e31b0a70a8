/** Endpoints of charms, and those that a bundle's relations ask for beyond what is known. */
import type { RelationEnd } from './bundle-needs.ts';
import { isMapping, type Mapping, mappingAt, textAt } from './yaml.ts';

export const ROLES = ['provides', 'requires', 'peers'] as const;
export type Role = (typeof ROLES)[number];

export interface Endpoint {
  readonly name: string;
  readonly role: Role;
  readonly interface: string;
  readonly container: boolean;
}

/** Every charm provides it without saying so. */
const JUJU_INFO: Endpoint = { name: 'juju-info', role: 'provides', interface: 'juju-info', container: false };
const OPPOSITE: Record<Role, Role | undefined> = { provides: 'requires', requires: 'provides', peers: undefined };

export function endpointsOf(block: Mapping, where: string): Endpoint[] {
  return ROLES.flatMap((role) =>
    Object.entries(mappingAt(block[role], `${where}: ${role}`)).flatMap(([name, spec]): Endpoint[] => {
      if (spec === null) return [];
      if (!isMapping(spec)) return [{ name, role, interface: textAt(spec, `${where}: ${name}`), container: false }];
      return [{ name, role, interface: textAt(spec['interface'], `${where}: ${name}`), container: spec['scope'] === 'container' }];
    }),
  );
}

/** For every charm the endpoints without which a relation of the bundle would not hold; what a charm is known to have lost stays lost. */
export function missingEndpoints(
  relations: readonly (readonly [RelationEnd, RelationEnd])[],
  known: (charm: string) => readonly Endpoint[],
  lost: (charm: string, end: { readonly name?: string; readonly interface?: string }) => boolean = () => false,
): Map<string, Endpoint[]> {
  const added = new Map<string, Endpoint[]>();
  const all = (charm: string): Endpoint[] => [...known(charm), ...(added.get(charm) ?? []), JUJU_INFO];
  const add = (charm: string, endpoint: Endpoint): Endpoint => {
    added.set(charm, [...(added.get(charm) ?? []), endpoint]);
    return endpoint;
  };
  for (const [one, other] of relations) {
    const [left, right] = [candidates(one, all(one.charm)), candidates(other, all(other.charm))];
    if (left.some((a) => right.some((b) => relates(a, b)))) continue;
    if ([one, other].some(({ charm, endpoint }) => endpoint !== undefined && lost(charm, { name: endpoint }))) continue;
    if (one.endpoint === undefined && right.some((end) => other.endpoint !== undefined && lost(one.charm, { interface: end.interface }))) continue;
    if (other.endpoint === undefined && left.some((end) => one.endpoint !== undefined && lost(other.charm, { interface: end.interface }))) continue;
    // The end that is named and known decides; with neither, the second provides what the first requires.
    const [a] = one.endpoint === undefined ? [] : left;
    const [b] = other.endpoint === undefined ? [] : right;
    if (a !== undefined && b === undefined) add(other.charm, answerTo(a, other.endpoint));
    if (b !== undefined && a === undefined) add(one.charm, answerTo(b, one.endpoint));
    if (a !== undefined || b !== undefined) continue;
    const name = other.endpoint ?? one.endpoint ?? other.charm;
    const provided = add(other.charm, { name, role: 'provides', interface: name, container: false });
    add(one.charm, answerTo(provided, one.endpoint));
  }
  return added;
}

const candidates = ({ endpoint }: RelationEnd, all: readonly Endpoint[]): readonly Endpoint[] =>
  all.filter(({ name }) => endpoint === undefined || name === endpoint);

export const relates = (a: Endpoint, b: Endpoint): boolean => a.interface === b.interface && OPPOSITE[a.role] === b.role;

const answerTo = (known: Endpoint, name = known.interface): Endpoint => ({
  name,
  role: OPPOSITE[known.role] ?? 'provides',
  interface: known.interface,
  container: known.container || known === JUJU_INFO,
});
