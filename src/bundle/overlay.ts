/** Overlay merge, exactly as Juju 3.6 does it (facts/charmhub-juju.md 3.6). */
import { ShrinkwrapError } from '../domain/errors.ts';
import type { Application, Bundle, ExposedEndpoint, Relation, Saas } from './bundle.ts';
import { present } from './present.ts';

/** Left to right; the result keeps the base's order, new applications after it. */
export function mergeBundle(base: Bundle, overlays: readonly Bundle[]): Bundle {
  return overlays.reduce(applyOverlay, base);
}

function applyOverlay(base: Bundle, overlay: Bundle): Bundle {
  if (overlay.legacyServices === true) {
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'overlay', problems: [{ code: 'overlay-services', message: OVERLAY_SERVICES }] });
  }
  const applications = mergeNamed(base.applications, overlay.applications, mergeApplication);
  const saas = mergeNamed(base.saas, overlay.saas, (under: Saas, over: Saas) => ({ ...under, ...over }));
  const removed = [...applications.removed, ...saas.removed];
  return {
    ...base,
    // `default-base`, description, tags and type of an overlay are not merged by Juju up to 3.6.
    ...(overlay.series === undefined || overlay.series === '' ? {} : { series: overlay.series }),
    ...(overlay.machines === undefined ? {} : { machines: overlay.machines }),
    applications: applications.merged,
    saas: saas.merged,
    relations: [...base.relations.filter((relation) => !removed.some((name) => touches(relation, name))), ...overlay.relations],
  };
}

export const OVERLAY_SERVICES = "bundle overlay file used deprecated 'services' key, this is not valid for bundle overlay files";

/** Null removes, a name that the base lacks is taken whole, the rest is merged. */
function mergeNamed<T>(base: ReadonlyMap<string, T | null>, overlay: ReadonlyMap<string, T | null>, merge: (under: T, over: T) => T) {
  const merged = new Map(base);
  const removed: string[] = [];
  for (const [name, over] of overlay) {
    const under = merged.get(name);
    if (over === null) {
      merged.delete(name);
      removed.push(name);
    } else merged.set(name, under === undefined || under === null ? over : merge(under, over));
  }
  return { merged, removed };
}

/** A relation that is not a pair stays: verification shall name it. */
function touches(relation: Relation, name: string): boolean {
  return relation.length === 2 && relation.some((endpoint) => endpoint === name || endpoint.startsWith(`${name}:`));
}

const isNull = (value: unknown): boolean => value === null;

/** Only keys that the overlay has act: scalars and lists replace, maps merge one level deep. */
function mergeApplication(under: Application, over: Application): Application {
  const merged = present<Application>({
    ...under,
    ...over,
    options: mergeMap(under.options, over.options, isNull),
    annotations: mergeMap(under.annotations, over.annotations),
    storage: mergeMap(under.storage, over.storage),
    devices: mergeMap(under.devices, over.devices),
    bindings: mergeMap(under.bindings, over.bindings),
    resources: mergeMap(under.resources, over.resources, isNull),
    offers: mergeMap(under.offers, over.offers, isNull),
    exposedEndpoints: mergeMap(under.exposedEndpoints, over.exposedEndpoints, isEmpty),
  });
  if (over.revision !== null) return merged;
  const { revision: _, ...rest } = merged;
  return rest;
}

const isEmpty = (endpoint: ExposedEndpoint): boolean => endpoint.exposeToSpaces === undefined && endpoint.exposeToCidrs === undefined;

type Values<T> = ReadonlyMap<string, T> | null | undefined;

/** A null map clears, an empty one changes nothing, a value that `removes` takes its key away. */
function mergeMap<T>(under: Values<T>, over: Values<T>, removes: (value: T) => boolean = () => false): Values<T> {
  if (over === undefined) return under;
  if (over === null) return new Map();
  const merged = new Map(under ?? []);
  for (const [key, value] of over) {
    if (removes(value)) merged.delete(key);
    else merged.set(key, value);
  }
  return merged;
}
