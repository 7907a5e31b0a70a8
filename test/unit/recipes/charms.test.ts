/** What applications ask for, and on which base a release can run. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placesOf } from '#src/bundle/places.js';
import { readBundle } from '#src/bundle/read.js';
import { digest } from '#src/domain/digest.js';
import type { CharmRelease } from '#src/domain/releases.js';
import { mapCharmStore } from '#src/recipes/charmed-kubernetes/charm-store.js';
import { baseOf, type CharmWant } from '#src/recipes/charmed-kubernetes/charm-wants.js';
import { supportedBase } from '#src/recipes/charmed-kubernetes/supported-base.js';

const read = (text: string) => readBundle(text, 'b.yaml').base.bundle;

describe('a Charm Store URL', () => {
  const part = readBundle(
    'applications:\n  a: {charm: "cs:~containers/etcd-607"}\n  b: {charm: "cs:xenial/mysql-58"}\n  c: {charm: "cs:~charmed-osm/mariadb-k8s"}\n  d: {charm: plain}\n',
    'b.yaml',
  ).base;
  it('is a problem that says what it is now', () => {
    const { problems, bundle } = mapCharmStore(part.bundle, placesOf([part]), false);
    assert.deepEqual(
      problems.map(({ line, column, message }) => `${line}:${column} ${message.replace(/.*at Charmhub it is /, '')}`),
      [
        '2:7 charm etcd, revision 607 (--map-charmstore takes that)',
        '3:7 charm mysql, revision 58 (--map-charmstore takes that)',
        '4:7 charm charmed-osm-mariadb-k8s (--map-charmstore takes that)',
      ],
    );
    assert.equal(bundle.applications.get('a')?.charm, 'cs:~containers/etcd-607');
  });
  it('is mapped with a warning when that is asked for', () => {
    const { problems, warnings, bundle } = mapCharmStore(part.bundle, placesOf([part]), true);
    assert.deepEqual([problems, warnings.length], [[], 3]);
    assert.deepEqual(
      [...bundle.applications.values()].map((application) => [application?.charm, application?.revision]),
      [
        ['etcd', 607],
        ['mysql', 58],
        ['charmed-osm-mariadb-k8s', undefined],
        ['plain', undefined],
      ],
    );
  });
});

describe('the base of an application', () => {
  const bundle = read(
    'series: focal\nmachines: {0: {base: ubuntu@24.04}}\napplications:\n  a: {charm: a, base: ubuntu@22.04/stable}\n  b: {charm: b, series: bionic}\n  c: {charm: c, to: [lxd:0]}\n  d: {charm: d}\n',
  );
  const base = (name: string, from = bundle): string => {
    const application = from.applications.get(name);
    assert.ok(application !== undefined && application !== null);
    return baseOf(application, from, { base: 'ubuntu@26.04' }).channel;
  };
  it('is its own, its series, its machine, the default of the bundle, --base', () => {
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((name) => base(name)),
      ['22.04', '18.04', '24.04', '20.04'],
    );
    assert.equal(base('x', read('default-base: ubuntu@22.04\napplications: {x: {charm: x}}')), '22.04');
    assert.equal(base('x', read('applications: {x: {charm: x}}')), '26.04');
  });
});

describe('the base that is written for a release', () => {
  const row = (channel: string, architecture = 'amd64', name = 'ubuntu') => ({ name, channel, architecture });
  const want = { application: 'app', arch: 'amd64', base: { name: 'ubuntu', channel: '22.04' }, anyBase: false } as CharmWant;
  function written(bases: CharmRelease['bases'], asked = want): [string, number] {
    const told: string[] = [];
    const download = { source: 'x', size: 1, digest: digest('sha256', '0'.repeat(64)) };
    const release: CharmRelease = {
      name: 'c',
      id: 'i',
      revision: 1,
      version: '1',
      channel: '1/stable',
      bases,
      download,
      resources: [],
      metadataYaml: '',
      configYaml: '',
    };
    return [supportedBase(asked, release, (message) => told.push(message)).channel, told.length];
  }
  it('is the one asked for where the release runs on it, or on all', () => {
    assert.deepEqual(written([row('20.04'), row('22.04')]), ['22.04', 0]);
    assert.deepEqual(written([row('all', 'all', 'all')]), ['22.04', 0]);
    assert.deepEqual(written([]), ['22.04', 0]);
  });
  it('is the newest that the release has for the architecture where not, with a warning', () => {
    assert.deepEqual(written([row('18.04'), row('20.04'), row('24.04', 'arm64')]), ['20.04', 1]);
    assert.deepEqual(written([row('9', 'amd64', 'centos'), row('20.04')]), ['20.04', 1]);
  });
  it('is chosen silently where nothing in the bundle says one', () => assert.deepEqual(written([row('20.04')], { ...want, anyBase: true }), ['20.04', 0]));
});
