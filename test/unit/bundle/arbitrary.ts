/** Bundles for property tests: small worlds of few names, so that overlays meet what they change. */
import * as fc from 'fast-check';
import type { Application, Bundle, Value } from '#src/bundle/bundle.js';

const NAMES = ['a', 'b', 'c', 'etcd'];
const name = fc.constantFrom(...NAMES);
const key = fc.constantFrom('k', 'l', 'on', '1', 'port');

/** Words that YAML 1.1 takes for something else, and texts that need quotes. */
export const text = fc.oneof(
  fc.constantFrom(
    'yes',
    'no',
    'on',
    'y',
    '1.30',
    '1:30',
    '0755',
    '0x1F',
    '2024-01-02',
    '~',
    'null',
    '',
    ' x ',
    'a: b',
    '# no',
    'two\nlines\n',
    '- a',
    "it's",
    '"',
    '*a',
    '&a',
    '!t',
    '<<',
    '%',
    '@',
    'é',
    '\t',
    '1_000',
    '0o17',
    '0XfF',
    '0B1',
    '08',
    '1e400',
    '.5',
    '1e3',
    '|',
    'a #b',
    '012',
    '=',
    '{',
    '[x',
    'trailing:',
    '---',
    '...',
    '?',
    'tab\there',
    '\u0085',
    '\uFEFF',
    'CR\rhere',
  ),
  fc.string({ maxLength: 8, unit: 'grapheme' }),
);
export const value: fc.Arbitrary<Value> = fc.oneof(
  text,
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 63n }),
  fc.array(fc.integer(), { maxLength: 3 }),
);

const mapOf = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T>> =>
  fc.uniqueArray(fc.tuple(key, item), { maxLength: 3, selector: ([found]) => found }).map((pairs) => new Map(pairs));

const application = (nullable: boolean): fc.Arbitrary<Application> => {
  const map = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T> | null> => (nullable ? fc.option(mapOf(item), { freq: 6 }) : mapOf(item));
  const orNull = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | null> => (nullable ? fc.option(item, { freq: 4 }) : item);
  return fc.record(
    {
      charm: name,
      channel: fc.constantFrom('1.30', '1.26/stable', 'edge'),
      revision: fc.nat(9),
      series: fc.constantFrom('jammy', 'focal'),
      base: fc.constantFrom('ubuntu@22.04', 'ubuntu@20.04'),
      numUnits: fc.nat(4),
      to: fc.array(fc.constantFrom('new', 'lxd:new', '0'), { maxLength: 2 }),
      expose: fc.boolean(),
      trust: fc.boolean(),
      constraints: fc.constantFrom('mem=4G', 'cores=2 mem=8G'),
      options: map(orNull(value)),
      annotations: map(text),
      storage: map(fc.constantFrom('8G,1', '10G')),
      bindings: map(fc.constantFrom('alpha', 'beta')),
      resources: map(orNull(fc.oneof(fc.nat(9), fc.constant('./x')))),
    },
    { requiredKeys: nullable ? [] : ['charm'] },
  );
};

const relations = fc.array(
  fc.tuple(name, name).map(([one, two]) => [`${one}:x`, two]),
  { maxLength: 4 },
);

const bundle = (nullable: boolean): fc.Arbitrary<Bundle> =>
  fc
    .record({
      applications: fc.uniqueArray(fc.tuple(name, nullable ? fc.option(application(true), { freq: 4 }) : application(false)), {
        maxLength: 4,
        minLength: nullable ? 0 : 1,
        selector: ([found]) => found,
      }),
      relations,
      saas: fc.uniqueArray(
        fc.tuple(fc.constantFrom('far', 'away'), nullable ? fc.option(fc.record({ url: fc.constant('m.x') })) : fc.record({ url: fc.constant('m.y') })),
        { maxLength: 2, selector: ([found]) => found },
      ),
      machines: fc.option(
        fc.uniqueArray(fc.tuple(fc.constantFrom('0', '1', '10'), fc.option(fc.record({ constraints: fc.constant('mem=1G') }))), {
          maxLength: 2,
          selector: ([found]) => found,
        }),
        { nil: undefined },
      ),
      series: fc.option(fc.constantFrom('jammy', 'noble'), { nil: undefined }),
    })
    .map(({ applications, saas, machines, series, ...rest }) => ({
      ...rest,
      applications: new Map(applications),
      saas: new Map(saas),
      informational: new Map(),
      ...(machines === undefined ? {} : { machines: new Map(machines) }),
      ...(series === undefined ? {} : { series }),
    }));

export const anyBundle = bundle(false);
export const anyOverlay = bundle(true);
