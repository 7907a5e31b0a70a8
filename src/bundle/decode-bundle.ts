/** One document of a bundle file out of its YAML nodes (facts/charmhub-juju.md 3.2). */
import { isMap, isSeq, type Node } from 'yaml';
import type { Application, Bundle, Machine, Relation, Saas, Value } from './bundle.ts';
import { decodeApplication, fieldsOf } from './decode-application.ts';
import { isNull, mapOf, placed, type Reading, text, textMap, texts, value } from './fields.ts';
import { present } from './present.ts';
import { entries, type Entry, follow } from './tree.ts';

const BUNDLE_KEYS = ['applications', 'services', 'machines', 'relations', 'saas', 'series', 'default-base', 'bundle', 'name'] as const;
/** No version of Juju acts on these; published bundles carry them, so they are worth no warning. `variables` parks YAML anchors. */
const INFORMATIONAL = ['description', 'tags', 'source', 'website', 'docs', 'issues', 'license', 'type', 'variables'];

export function decodeBundle(reading: Reading): Bundle {
  const root = follow(reading.tree, reading.tree.document.contents) ?? null;
  if (!isMap(root)) {
    if (!isNull(root)) reading.problems.push(placed(reading, root, 'type', 'a bundle must be a map'));
    return { applications: new Map(), relations: [], saas: new Map(), informational: new Map() };
  }
  const found = new Map(entries(reading.tree, root).map((entry) => [entry.key, entry]));
  const node = (key: string): Node | null | undefined => found.get(key)?.value;
  const plain = (key: string): string | undefined => (node(key) === undefined ? undefined : text(reading, node(key) ?? null, key));
  const type = plain('bundle');
  const { applications, legacy } = decodeApplications(reading, found, type ?? '');
  const machines = node('machines') === undefined ? undefined : (mapOf(reading, node('machines') ?? null, 'machines', decodeMachine) ?? undefined);
  return present<Bundle>({
    type,
    name: plain('name'),
    series: plain('series'),
    defaultBase: plain('default-base'),
    applications,
    legacyServices: legacy ? true : undefined,
    relations: decodeRelations(reading, node('relations')),
    machines,
    saas: (node('saas') === undefined ? undefined : mapOf(reading, node('saas') ?? null, 'saas', decodeSaas)) ?? new Map(),
    informational: decodeInformational(reading, found),
  });
}

/** `services` is an alias of `applications` that only Juju 2.9 knows. */
function decodeApplications(
  reading: Reading,
  found: ReadonlyMap<string, Entry>,
  type: string,
): { applications: ReadonlyMap<string, Application | null>; legacy: boolean } {
  const read = (key: string): ReadonlyMap<string, Application | null> => {
    const node = found.get(key)?.value ?? null;
    if (isNull(node)) return new Map();
    if (!isMap(node)) {
      reading.problems.push(placed(reading, node, 'type', `${key} must be a map`));
      return new Map();
    }
    const list = entries(reading.tree, node).map(({ key: name, value: body }) => [name, decodeApplication(reading, name, body, type)] as const);
    return new Map(list.flatMap(([name, application]) => (application === undefined ? [] : [[name, application] as const])));
  };
  const applications = read('applications');
  const services = read('services');
  const legacy = found.get('services');
  if (services.size === 0 || legacy === undefined) return { applications, legacy: false };
  if (applications.size > 0) {
    reading.problems.push(placed(reading, legacy.keyNode, 'services', 'cannot specify both applications and services'));
    return { applications, legacy: false };
  }
  reading.warnings.push(placed(reading, legacy.keyNode, 'services', '"services" is read as "applications"; Juju 3.0 and later refuse it'));
  return { applications: services, legacy: true };
}

function decodeRelations(reading: Reading, node: Node | null | undefined): readonly Relation[] {
  if (node === undefined || isNull(node)) return [];
  if (!isSeq(node)) {
    reading.problems.push(placed(reading, node, 'type', 'relations must be a list of pairs'));
    return [];
  }
  return node.items.flatMap((item) => {
    const pair = follow(reading.tree, item) ?? null;
    const relation = isNull(pair) ? [] : texts(reading, pair, 'a relation');
    return relation === undefined ? [] : [relation];
  });
}

function decodeMachine(reading: Reading, node: Node | null, what: string): Machine | null {
  if (isNull(node) || node === null) return null;
  const field = fieldsOf(reading, node, ['constraints', 'annotations', 'series', 'base'], what);
  const plain = (key: string): string | undefined => (field(key) === undefined ? undefined : text(reading, field(key) ?? null, `${what} ${key}`));
  return present<Machine>({
    constraints: plain('constraints'),
    annotations: field('annotations') === undefined ? undefined : textMap(reading, field('annotations') ?? null, `${what} annotations`),
    series: plain('series'),
    base: plain('base'),
  });
}

function decodeSaas(reading: Reading, node: Node | null, what: string): Saas | null {
  if (isNull(node) || node === null) return null;
  const field = fieldsOf(reading, node, ['url'], what);
  return present<Saas>({ url: field('url') === undefined ? undefined : text(reading, field('url') ?? null, `${what} url`) });
}

function decodeInformational(reading: Reading, found: ReadonlyMap<string, Entry>): ReadonlyMap<string, Value> {
  const known: readonly string[] = BUNDLE_KEYS;
  const kept = new Map<string, Value>();
  for (const { key, keyNode, value: node } of found.values()) {
    if (known.includes(key)) continue;
    if (!INFORMATIONAL.includes(key))
      reading.warnings.push(placed(reading, keyNode, 'ignored-key', `Juju knows no top-level key ${JSON.stringify(key)} and ignores it`));
    const read = key === 'variables' ? undefined : value(reading, node, key);
    if (read !== undefined) kept.set(key, read);
  }
  return kept;
}
