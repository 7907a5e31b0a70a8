/** What Juju finds wrong with a bundle once it has the charms' metadata. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCharmMeta } from '#src/bundle/charm-meta.js';
import { placesOf } from '#src/bundle/places.js';
import { readBundle } from '#src/bundle/read.js';
import { verifyAgainstCharms } from '#src/bundle/verify-charms.js';
import { shownProblems } from './support.ts';

const CHARMS = new Map([
  [
    'db',
    readCharmMeta(
      'provides: {sql: {interface: mysql}, admin: mysql, log: {interface: log}}\npeers: {cluster: {interface: c}}\nextra-bindings: {public: }\nresources: {blob: {type: file, filename: b.bin}}\nstorage: {data: {type: block}}\ndevices: {gpu: {type: gpu}}\n',
      'options: {port: {type: int}, ratio: {type: float}, tls: {type: boolean}, name: {type: string}, key: {type: secret}, untyped: {}}',
    ),
  ],
  ['app', readCharmMeta('requires: {sql: {interface: mysql}, log: {interface: log}, pg: {interface: pgsql}, info: {interface: juju-info}}\n', '')],
  ['sub', readCharmMeta('subordinate: true\nrequires: {juju-info: {interface: juju-info, scope: container}}\nprovides: {log: {interface: log}}\n', '')],
]);

function wrong(text: string): string[] {
  const read = readBundle(text, 'b.yaml');
  return shownProblems(verifyAgainstCharms(read.base.bundle, CHARMS, placesOf([read.base])));
}

const APPLICATIONS = 'applications: {db: {charm: db}, app: {charm: app}, sub: {charm: sub}, other: {charm: other}}\n';
const related = (...relations: string[]): string[] => wrong(`${APPLICATIONS}relations: [${relations.join(', ')}]`).map((line) => line.replace(/^\S+ \S+ /, ''));

describe('against its charms a bundle', () => {
  it('is sound with inferred and written endpoints', () => {
    assert.deepEqual(
      related('[db:sql, app:sql]', '[app:log, db]', '[app, sub:log]', '[db, sub]', '[app:info, db]', '[app:info, sub:juju-info]', '[other, db]').filter(
        (line) => !line.startsWith('cannot infer'),
      ),
      [],
    );
  });

  it('may not place or count a subordinate', () => {
    assert.deepEqual(wrong('applications:\n  sub:\n    charm: sub\n    num_units: 1\n    to: [new]\n'), [
      'b.yaml:5:5 subordinate application "sub" is subordinate but specifies unit placement',
      'b.yaml:4:5 subordinate application "sub" is subordinate but has non-zero num_units',
    ]);
  });

  it('may not set options that the charm lacks or of another type', () => {
    assert.deepEqual(wrong("applications:\n  db: {charm: db, options: {port: '1x', ratio: 1, tls: 'true', name: no, key: secret:x, untyped: x, gone: 1}}"), [
      'b.yaml:2:29 option cannot validate application "db": option "port" expected int, got "1x"',
      'b.yaml:2:64 option cannot validate application "db": option "name" expected string, got false',
      'b.yaml:2:101 option cannot validate application "db": configuration option "gone" not found in charm "db"',
    ]);
    assert.deepEqual(wrong("applications: {db: {charm: db, options: {port: '0x10', ratio: 2, tls: false, name: , key: k}}}"), []);
  });

  it('may give resources, storage and devices that the charm declares', () => {
    assert.deepEqual(
      wrong('applications:\n  db:\n    charm: db\n    resources: {blob: 3, nope: ./x}\n    storage: {data: 1G, gone: 1G}\n    devices: {gpu: 1, tpu: 1}'),
      [
        'b.yaml:4:26 resource application "db": unrecognized resource "nope"',
        'b.yaml:5:25 storage application "db": charm "db" has no store called "gone"',
        'b.yaml:6:23 device application "db": charm "db" has no device called "tpu"',
      ],
    );
  });

  it('may bind what the charm has', () => {
    assert.deepEqual(wrong("applications: {db: {charm: db, bindings: {'': a, sql: a, cluster: a, public: a, nope: b}}}"), [
      'b.yaml:1:81 binding application "db" wants to bind endpoint "nope" to space "b", but the endpoint is not defined by the charm',
    ]);
  });

  it('may relate only endpoints that exist and fit', () => {
    assert.deepEqual(related('[db:nope, app:gone]'), [
      'charm "db" used by application "db" does not define relation "nope"',
      'charm "app" used by application "app" does not define relation "gone"',
    ]);
    assert.deepEqual(related('[db:sql, sub:log]'), ['relation "db:sql" to "sub:log" relates provider to provider']);
    assert.deepEqual(related('[app:sql, sub:juju-info]').length, 1);
    assert.deepEqual(related('[app:pg, db:sql]'), ['mismatched interface between "db:sql" and "app:pg" ("mysql" vs "pgsql")']);
  });

  it('may leave out an endpoint only where one fits', () => {
    assert.deepEqual(related('[db, app:sql]'), [
      'cannot infer endpoint between db and app:sql: ambiguous relation: db app:sql could refer to "app:sql db:admin"; "app:sql db:sql"',
    ]);
    assert.deepEqual(related('[db, app:pg]'), ['cannot infer endpoint between db and app:pg: no relations found']);
  });

  it('may not say in full what another relation leaves to Juju', () => {
    assert.deepEqual(related('[db:log, app:log]', '[db:log, app]'), ['relation ["db:log" "app"] is defined more than once']);
    assert.deepEqual(related('[db:log, app]', '[app:log, db:log]'), ['relation ["app:log" "db:log"] is defined more than once']);
  });

  it('is not judged where a charm is unknown', () =>
    assert.deepEqual(wrong('applications: {x: {charm: x, options: {a: 1}}, db: {charm: db}}\nrelations: [[x:y, db:nope]]'), []));
});
