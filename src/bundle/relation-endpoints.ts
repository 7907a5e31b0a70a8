/** Finds the endpoints that a relation leaves out, as Juju does from the charms' metadata. */
import { byCodeUnit } from '../domain/sorted.ts';
import type { CharmMeta } from './charm-meta.ts';
import { type Endpoint, formatEndpoint } from './names.ts';

export type Inferred = { readonly pair: readonly [Endpoint, Endpoint] } | { readonly complaint: string };

interface Candidate {
  readonly endpoint: Endpoint;
  readonly role: 'provides' | 'requires';
  readonly interface: string;
  /** juju-info, which no charm has to declare. */
  readonly implicit: boolean;
}

export function inferEndpoints(first: Endpoint, firstMeta: CharmMeta, second: Endpoint, secondMeta: CharmMeta): Inferred {
  if (first.relation !== '' && second.relation !== '') return { pair: [first, second] };
  const others = candidatesOf(second, secondMeta);
  const pairs = candidatesOf(first, firstMeta).flatMap((a) =>
    others.filter((b) => a.interface === b.interface && a.role !== b.role).map((b) => [a, b] as const),
  );
  const explicit = pairs.filter((pair) => !pair.some(({ implicit }) => implicit));
  const chosen = pairs.length === 1 ? pairs[0] : explicit.length === 1 ? explicit[0] : undefined;
  if (chosen !== undefined) return { pair: [chosen[0].endpoint, chosen[1].endpoint] };
  if (pairs.length === 0) return { complaint: 'no relations found' };
  const keys = pairs
    .map((pair) =>
      JSON.stringify(
        pair
          .map(({ endpoint }) => formatEndpoint(endpoint))
          .toSorted(byCodeUnit)
          .join(' '),
      ),
    )
    .toSorted(byCodeUnit);
  return { complaint: `ambiguous relation: ${formatEndpoint(first)} ${formatEndpoint(second)} could refer to ${keys.join('; ')}` };
}

function candidatesOf({ application, relation }: Endpoint, meta: CharmMeta): Candidate[] {
  const declared = (['provides', 'requires'] as const).flatMap((role) =>
    [...meta[role]].map(([name, endpoint]): Candidate => ({ endpoint: { application, relation: name }, role, interface: endpoint.interface, implicit: false })),
  );
  const info: Candidate = { endpoint: { application, relation: 'juju-info' }, role: 'provides', interface: 'juju-info', implicit: true };
  return [...declared, info].filter(({ endpoint }) => relation === '' || relation === endpoint.relation);
}
