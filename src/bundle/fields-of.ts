/** Types back to the keys of the YAML: Maps in a fixed order, with whatever says nothing to Juju left out. */
import type { Application, Bundle, ExposedEndpoint, Machine, Offer, Saas } from './bundle.ts';

export type Fields = ReadonlyMap<string, unknown>;

/** Empty texts, lists and maps mean to Juju what an absent key means. */
const says = (value: unknown): boolean =>
  !(value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0));

const fields = (pairs: readonly (readonly [string, unknown])[]): Fields => new Map(pairs.filter(([, value]) => says(value)));

const mapped = <T>(map: ReadonlyMap<string, T> | null | undefined, each: (value: T) => unknown): Fields =>
  new Map([...(map ?? [])].map(([key, value]) => [key, each(value)]));

export function applicationFields(application: Application): Fields {
  return fields([
    ['charm', application.charm],
    ['channel', application.channel],
    ['revision', application.revision],
    ['series', application.series],
    ['base', application.base],
    ['resources', application.resources],
    ['num_units', application.numUnits],
    ['to', application.to],
    ['expose', application.expose],
    ['exposed-endpoints', mapped(application.exposedEndpoints, exposedFields)],
    ['options', application.options],
    ['annotations', application.annotations],
    ['constraints', application.constraints],
    ['storage', application.storage],
    ['devices', application.devices],
    ['bindings', application.bindings],
    ['offers', mapped(application.offers, (offer) => (offer === null ? null : offerFields(offer)))],
    ['plan', application.plan],
    ['trust', application.trust],
  ]);
}

const exposedFields = ({ exposeToSpaces, exposeToCidrs }: ExposedEndpoint): Fields =>
  fields([
    ['expose-to-spaces', exposeToSpaces],
    ['expose-to-cidrs', exposeToCidrs],
  ]);

const offerFields = ({ endpoints, acl }: Offer): Fields =>
  fields([
    ['endpoints', endpoints],
    ['acl', acl],
  ]);

const machineFields = (machine: Machine): Fields =>
  fields([
    ['constraints', machine.constraints],
    ['annotations', machine.annotations],
    ['series', machine.series],
    ['base', machine.base],
  ]);

const saasFields = ({ url }: Saas): Fields => fields([['url', url]]);

/** Everything that Juju acts on, under its keys. */
export function bundleFields(bundle: Bundle): Fields {
  const orNull =
    <T>(each: (value: T) => unknown) =>
    (value: T | null): unknown =>
      value === null ? null : each(value);
  return fields([
    ['bundle', bundle.type],
    ['series', bundle.series],
    ['default-base', bundle.defaultBase],
    ['saas', mapped(bundle.saas, orNull(saasFields))],
    ['machines', mapped(bundle.machines, orNull(machineFields))],
    ['applications', mapped(bundle.applications, orNull(applicationFields))],
    ['relations', bundle.relations],
  ]);
}

/** Equal to Juju: maps whatever their order; a zero count and a false flag as good as absent. */
export function sameFields(a: unknown, b: unknown): boolean {
  if (a instanceof Map && b instanceof Map) {
    const keys = new Set<unknown>([...a.keys(), ...b.keys()]);
    return [...keys].every((key) => sameFields(a.get(key), b.get(key)) && a.has(key) === b.has(key));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => sameFields(item, b[index]));
  if (isRecord(a) && isRecord(b)) return sameFields(new Map(Object.entries(a)), new Map(Object.entries(b)));
  // A zero has no sign, and what is no number is itself.
  return a === b || Object.is(a, b);
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !(value instanceof Map) && !Array.isArray(value);

/** `num_units: 0`, `expose: false` and `trust: false` say what their absence says. */
export function withoutZeros(application: Fields): Fields {
  return new Map([...application].filter(([key, value]) => !(value === false || (key === 'num_units' && value === 0))));
}

export const sameApplication = (a: Application, b: Application): boolean => sameFields(withoutZeros(applicationFields(a)), withoutZeros(applicationFields(b)));

export function sameBundle(a: Bundle, b: Bundle): boolean {
  const comparable = (bundle: Bundle): Fields =>
    new Map([
      ...bundleFields(bundle),
      ['applications', mapped(bundle.applications, (application) => (application === null ? null : withoutZeros(applicationFields(application))))],
    ]);
  return sameFields(comparable(a), comparable(b));
}
