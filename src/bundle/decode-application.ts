/** One application of a bundle out of its YAML node (facts/charmhub-juju.md 3.3). */
import { isMap, isSeq, type Node } from 'yaml';
import type { Application, ExposedEndpoint, Offer } from './bundle.ts';
import { flag, isNull, mapOf, placed, type Reading, text, textMap, texts, valueMap, whole } from './fields.ts';
import { present } from './present.ts';
import { entries } from './tree.ts';

export const APPLICATION_KEYS = [
  'charm',
  'channel',
  'revision',
  'series',
  'base',
  'resources',
  'num_units',
  'scale',
  'to',
  'placement',
  'expose',
  'exposed-endpoints',
  'options',
  'annotations',
  'constraints',
  'storage',
  'devices',
  'bindings',
  'offers',
  'plan',
  'trust',
] as const;
type ApplicationKey = (typeof APPLICATION_KEYS)[number];

type Fields = (key: string) => Node | null | undefined;

/** The map's values by key, every key that is not in `known` warned about as Juju does. */
export function fieldsOf(reading: Reading, node: Node, known: readonly string[], owner: string): Fields {
  const found = new Map(isMap(node) ? entries(reading.tree, node).map((entry) => [entry.key, entry]) : []);
  for (const { key, keyNode } of found.values()) {
    if (!known.includes(key))
      reading.warnings.push(placed(reading, keyNode, 'ignored-key', `${owner}: Juju knows no key ${JSON.stringify(key)} and ignores it`));
  }
  return (key) => found.get(key)?.value;
}

export function decodeApplication(reading: Reading, name: string, node: Node | null, type: string): Application | null | undefined {
  if (isNull(node) || node === null) return null;
  const owner = `application ${JSON.stringify(name)}`;
  if (!isMap(node)) {
    reading.problems.push(placed(reading, node, 'type', `${owner} must be a map`));
    return undefined;
  }
  const field = fieldsOf(reading, node, APPLICATION_KEYS, owner);
  const read = <T>(key: ApplicationKey, as: (reading: Reading, node: Node | null, what: string) => T | undefined): T | undefined => {
    const found = field(key);
    return found === undefined ? undefined : as(reading, found, `${key} of ${owner}`);
  };
  return present<Application>({
    charm: read('charm', text),
    channel: read('channel', text),
    revision: isNull(field('revision')) && field('revision') !== undefined ? null : read('revision', whole),
    series: read('series', text),
    base: read('base', text),
    resources: read('resources', valueMap),
    numUnits: readUnits(reading, field, owner),
    to: readPlacement(reading, field, owner, type),
    expose: read('expose', flag),
    exposedEndpoints: read('exposed-endpoints', (r, n, what) => mapOf(r, n, what, exposedEndpoint)),
    options: read('options', valueMap),
    annotations: read('annotations', textMap),
    constraints: read('constraints', text),
    storage: read('storage', textMap),
    devices: read('devices', textMap),
    bindings: read('bindings', textMap),
    offers: read('offers', (r, n, what) => mapOf(r, n, what, offer)),
    plan: read('plan', text),
    trust: read('trust', flag),
  });
}

/** `scale` is what Kubernetes bundles call num_units. */
function readUnits(reading: Reading, field: Fields, owner: string): number | undefined {
  const units = field('num_units') === undefined ? undefined : whole(reading, field('num_units') ?? null, `num_units of ${owner}`);
  const scale = field('scale') === undefined ? undefined : whole(reading, field('scale') ?? null, `scale of ${owner}`);
  if ((units ?? 0) > 0 && (scale ?? 0) > 0) {
    reading.problems.push(placed(reading, field('scale'), 'scale-and-units', `cannot specify both scale and num_units for ${owner}`));
  }
  return (scale ?? 0) > 0 ? scale : (units ?? scale);
}

/** A list, or one directive alone; `placement` is a node selector and stands for the list in a Kubernetes bundle. */
function readPlacement(reading: Reading, field: Fields, owner: string, type: string): readonly string[] | undefined {
  const to = field('to');
  const list = to === undefined ? undefined : isSeq(to) || isMap(to) || isNull(to) ? texts(reading, to, `to of ${owner}`) : [text(reading, to, owner) ?? ''];
  const selector = field('placement') === undefined ? undefined : text(reading, field('placement') ?? null, `placement of ${owner}`);
  if (selector === undefined || selector === '') return list;
  if (type !== 'kubernetes') {
    reading.problems.push(placed(reading, field('placement'), 'placement', `placement (${selector}) not valid for non-Kubernetes ${owner}`));
  } else if (list !== undefined && list.length > 0) {
    reading.problems.push(placed(reading, field('placement'), 'placement', `cannot specify both placement and to for ${owner}`));
  }
  return [selector];
}

function exposedEndpoint(reading: Reading, node: Node | null, what: string): ExposedEndpoint | undefined {
  if (isNull(node) || node === null) return {};
  const field = fieldsOf(reading, node, ['expose-to-spaces', 'expose-to-cidrs'], what);
  const list = (key: string): readonly string[] | undefined => (isNull(field(key)) ? undefined : texts(reading, field(key) ?? null, `${what} ${key}`));
  return present<ExposedEndpoint>({ exposeToSpaces: list('expose-to-spaces'), exposeToCidrs: list('expose-to-cidrs') });
}

function offer(reading: Reading, node: Node | null, what: string): Offer | null {
  if (isNull(node) || node === null) return null;
  const field = fieldsOf(reading, node, ['endpoints', 'acl'], what);
  return present<Offer>({
    endpoints: field('endpoints') === undefined ? undefined : texts(reading, field('endpoints') ?? null, `${what} endpoints`),
    acl: field('acl') === undefined ? undefined : textMap(reading, field('acl') ?? null, `${what} acl`),
  });
}
