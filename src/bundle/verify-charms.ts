/** What Juju finds wrong with a bundle once it has the charms: subordinates, options, resources, storage, bindings, endpoints (facts/charmhub-juju.md 3.4). */
import type { Problem } from '../domain/errors.ts';
import type { Application, Bundle, Relation, Value } from './bundle.ts';
import type { CharmMeta } from './charm-meta.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from './names.ts';
import type { Path, Places } from './places.ts';
import { inferEndpoints } from './relation-endpoints.ts';
import { relationKey, shownRelation } from './verify-relations.ts';
import { quoted } from './verifying.ts';

/** `charms` by application name: two applications of one charm may be of different channels. One that is not there is not judged. */
export function verifyAgainstCharms(bundle: Bundle, charms: ReadonlyMap<string, CharmMeta>, places: Places): Problem[] {
  const applications = [...bundle.applications].flatMap(([name, application]) => {
    const meta = charms.get(name);
    return application === null || meta === undefined ? [] : applicationProblems(name, application, meta, places);
  });
  return [...applications, ...relationProblems(bundle, charms, places)];
}

function applicationProblems(name: string, application: Application, meta: CharmMeta, places: Places): Problem[] {
  const charm = application.charm ?? '';
  const problem = (code: string, keys: Path, message: string): Problem => ({ ...places.at(['applications', name, ...keys]), code, message });
  const problems: Problem[] = [];
  if (meta.subordinate && (application.to?.length ?? 0) > 0)
    problems.push(problem('subordinate', ['to'], `application ${quoted(name)} is subordinate but specifies unit placement`));
  if (meta.subordinate && (application.numUnits ?? 0) > 0)
    problems.push(problem('subordinate', ['num_units'], `application ${quoted(name)} is subordinate but has non-zero num_units`));
  for (const [key, value] of application.options ?? []) {
    const type = meta.options.get(key);
    const complaint = type === undefined ? `configuration option ${quoted(key)} not found in charm ${quoted(charm)}` : optionComplaint(key, type, value);
    if (complaint !== undefined) problems.push(problem('option', ['options', key], `cannot validate application ${quoted(name)}: ${complaint}`));
  }
  for (const key of (application.resources ?? new Map()).keys()) {
    if (!meta.resources.has(key)) problems.push(problem('resource', ['resources', key], `application ${quoted(name)}: unrecognized resource ${quoted(key)}`));
  }
  for (const key of (application.storage ?? new Map()).keys()) {
    if (!meta.storage.has(key))
      problems.push(problem('storage', ['storage', key], `application ${quoted(name)}: charm ${quoted(charm)} has no store called ${quoted(key)}`));
  }
  for (const key of (application.devices ?? new Map()).keys()) {
    if (!meta.devices.has(key))
      problems.push(problem('device', ['devices', key], `application ${quoted(name)}: charm ${quoted(charm)} has no device called ${quoted(key)}`));
  }
  for (const [key, space] of application.bindings ?? []) {
    // The empty key is the default for every endpoint.
    if (key === '' || meta.provides.has(key) || meta.requires.has(key) || meta.peers.has(key) || meta.extraBindings.has(key)) continue;
    const message = `application ${quoted(name)} wants to bind endpoint ${quoted(key)} to space ${quoted(space)}, but the endpoint is not defined by the charm`;
    problems.push(problem('binding', ['bindings', key], message));
  }
  return problems;
}

/** Juju takes a fraction for a whole number, and the text of a boolean or of a whole number for one (juju/schema numeric.go), but no text for a fraction. */
function optionComplaint(key: string, type: string, value: Value): string | undefined {
  if (value === null) return undefined;
  const number = typeof value === 'number' || typeof value === 'bigint';
  const whole = number || (typeof value === 'string' && /^[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/.test(value));
  const boolean = typeof value === 'boolean' || (typeof value === 'string' && /^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value));
  const fits: Readonly<Record<string, boolean>> = { string: typeof value === 'string', secret: typeof value === 'string', int: whole, float: number, boolean };
  return fits[type] === false ? `option ${quoted(key)} expected ${type}, got ${shown(value)}` : undefined;
}

const shown = (value: Value): string => (typeof value === 'bigint' ? String(value) : JSON.stringify(value));

function relationProblems(bundle: Bundle, charms: ReadonlyMap<string, CharmMeta>, places: Places): Problem[] {
  const seen = new Set<string>();
  return bundle.relations.flatMap((relation) =>
    relationComplaints(bundle, charms, relation, seen).map(([code, message]) => ({ ...places.ofRelation(relation), code, message })),
  );
}

function relationComplaints(bundle: Bundle, charms: ReadonlyMap<string, CharmMeta>, relation: Relation, seen: Set<string>): [code: string, message: string][] {
  const [first, second] = relation.map(parseEndpoint);
  if (relation.length !== 2 || first === undefined || second === undefined || first.application === second.application) return [];
  const metas = [charms.get(first.application), charms.get(second.application)] as const;
  if (metas[0] === undefined || metas[1] === undefined) return [];
  const inferred = inferEndpoints(first, metas[0], second, metas[1]);
  if ('complaint' in inferred)
    return [['endpoint', `cannot infer endpoint between ${formatEndpoint(first)} and ${formatEndpoint(second)}: ${inferred.complaint}`]];
  const [key, asWritten] = [relationKey(inferred.pair), `written ${relationKey([first, second])}`];
  const found = pairComplaints(bundle, inferred.pair, [metas[0], metas[1]]);
  // Written alike twice is told without any charm; here one says in full what the other leaves to Juju.
  if (seen.has(key) && !seen.has(asWritten)) found.push(['relation-twice', `relation ${shownRelation(relation)} is defined more than once`]);
  seen.add(key).add(asWritten);
  return found;
}

function pairComplaints(bundle: Bundle, pair: readonly [Endpoint, Endpoint], metas: readonly [CharmMeta, CharmMeta]): [code: string, message: string][] {
  const sides = pair.map((endpoint, index) => {
    const meta = metas[index === 0 ? 0 : 1];
    // Every charm provides juju-info without saying so.
    const provides = meta.provides.get(endpoint.relation) ?? (endpoint.relation === 'juju-info' ? { interface: 'juju-info' } : undefined);
    return { endpoint, provides, requires: meta.requires.get(endpoint.relation) };
  });
  const undefinedOnes = sides.filter(({ provides, requires }) => provides === undefined && requires === undefined);
  if (undefinedOnes.length > 0) {
    return undefinedOnes.map(({ endpoint: { application, relation } }) => {
      const charm = bundle.applications.get(application)?.charm ?? '';
      return ['endpoint', `charm ${quoted(charm)} used by application ${quoted(application)} does not define relation ${quoted(relation)}`];
    });
  }
  const [a, b] = sides;
  if (a === undefined || b === undefined) return [];
  const [provider, requirer] = a.provides !== undefined && b.requires !== undefined ? [a, b] : [b, a];
  const names = pair.map((endpoint) => quoted(formatEndpoint(endpoint)));
  if (provider.provides === undefined || requirer.requires === undefined) {
    const role = a.provides !== undefined ? 'provider to provider' : 'requirer to requirer';
    return [['endpoint', `relation ${names.join(' to ')} relates ${role}`]];
  }
  const [given, wanted] = [provider.provides.interface, requirer.requires.interface];
  const between = `${quoted(formatEndpoint(provider.endpoint))} and ${quoted(formatEndpoint(requirer.endpoint))}`;
  return given === wanted ? [] : [['endpoint', `mismatched interface between ${between} (${quoted(given)} vs ${quoted(wanted)})`]];
}
