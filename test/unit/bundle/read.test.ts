/** Reading bundle text as Juju 3.6 reads it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBundle } from '#src/bundle/read.js';
import { bundleOf, shownProblems } from './support.ts';

describe('reading a bundle', () => {
  it('keeps the text of scalars that Juju keeps as text', () => {
    const bundle = bundleOf(`
applications:
  etcd:
    charm: etcd
    channel: 1.30
    annotations: {gui-x: 0475, on: yes}
    constraints: "cores=2 mem=8G"
    to: [0, lxd:1, etcd/0]
    storage: {data: 10}
`);
    const etcd = bundle.applications.get('etcd');
    assert.equal(etcd?.channel, '1.30');
    assert.deepEqual(
      [...(etcd?.annotations ?? [])],
      [
        ['gui-x', '0475'],
        ['on', 'yes'],
      ],
    );
    assert.deepEqual(etcd?.to, ['0', 'lxd:1', 'etcd/0']);
    assert.deepEqual([...(etcd?.storage ?? [])], [['data', '10']]);
  });

  it('gives options the types of YAML 1.1 without base 60 and dates', () => {
    const bundle = bundleOf(`
applications:
  a:
    charm: a
    options:
      yes1: yes
      quoted: "yes"
      octal: 0755
      hex: 0x1F
      float: 1.30
      time: 1:30
      date: 2024-01-02
      big: 12345678901234567890
      huge: 123456789012345678901234567890
      grouped: 1_000
      octals: [0o17, 0O17, -0777, 00, 0_7, 08]
      bases: [0b11, -0B1, 0xfF, 0Xff]
      floats: [.5, 5., 1e3, +1.5E-1, 1e400, .5_0, +.5]
      words: [.inf, -.INF, nan, 1.2.3, _1, 0x, 1e, +, .]
      null1: ~
      nested: {a: [1, "2"]}
      block: |
        line
`);
    assert.deepEqual(Object.fromEntries(bundle.applications.get('a')?.options ?? []), {
      yes1: true,
      quoted: 'yes',
      octal: 493,
      hex: 31,
      float: 1.3,
      time: '1:30',
      date: '2024-01-02',
      big: 12345678901234567890n,
      huge: 1.2345678901234568e29,
      grouped: 1000,
      octals: [15, 15, -511, 0, 7, 8],
      bases: [3, -1, 255, 255],
      floats: [0.5, 5, 1000, 0.15, '1e400', 0.5, 0.5],
      words: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 'nan', '1.2.3', '_1', '0x', '1e', '+', '.'],
      null1: null,
      nested: { a: [1, '2'] },
      block: 'line\n',
    });
  });

  it('reads every key of an application', () => {
    const bundle = bundleOf(`
applications:
  a:
    charm: ./a.charm
    channel: stable
    revision: 7
    series: jammy
    base: ubuntu@22.04/stable
    resources: {core: 3, tool: ./tool.zip}
    num_units: 3
    to: [new]
    expose: on
    options: {x: 1}
    annotations: {y: z}
    constraints: arch=arm64
    storage: {data: '8G,1'}
    devices: {gpu: 1,nvidia.com/gpu}
    bindings: {'': alpha}
    plan: p
    trust: true
`);
    assert.deepEqual(bundle.applications.get('a'), {
      charm: './a.charm',
      channel: 'stable',
      revision: 7,
      series: 'jammy',
      base: 'ubuntu@22.04/stable',
      resources: new Map<string, unknown>([
        ['core', 3],
        ['tool', './tool.zip'],
      ]),
      numUnits: 3,
      to: ['new'],
      expose: true,
      options: new Map([['x', 1]]),
      annotations: new Map([['y', 'z']]),
      constraints: 'arch=arm64',
      storage: new Map([['data', '8G,1']]),
      devices: new Map([
        ['gpu', '1'],
        ['nvidia.com/gpu', ''],
      ]),
      bindings: new Map([['', 'alpha']]),
      plan: 'p',
      trust: true,
    });
  });

  it('reads the rest of the top level', () => {
    const bundle = bundleOf(`
name: b
description: d
bundle: kubernetes
series: jammy
default-base: ubuntu@22.04
saas: {remote: {url: 'ctrl:admin/model.app'}, bare: }
machines: {'0': {constraints: mem=4G, series: focal, base: ubuntu@20.04, annotations: {k: v}}, 1: }
applications: {a: {charm: a, scale: 2, placement: zone=x}}
relations: [[a:x, remote:y], [a, bare]]
`);
    assert.deepEqual(bundle, {
      name: 'b',
      type: 'kubernetes',
      series: 'jammy',
      defaultBase: 'ubuntu@22.04',
      saas: new Map<string, unknown>([
        ['remote', { url: 'ctrl:admin/model.app' }],
        ['bare', null],
      ]),
      machines: new Map<string, unknown>([
        ['0', { constraints: 'mem=4G', series: 'focal', base: 'ubuntu@20.04', annotations: new Map([['k', 'v']]) }],
        ['1', null],
      ]),
      applications: new Map([['a', { charm: 'a', numUnits: 2, to: ['zone=x'] }]]),
      relations: [
        ['a:x', 'remote:y'],
        ['a', 'bare'],
      ],
      informational: new Map([['description', 'd']]),
    });
  });

  it('takes one placement directive without a list', () => {
    assert.deepEqual(bundleOf('applications: {a: {charm: a, num_units: 1, to: lxd:0}}').applications.get('a')?.to, ['lxd:0']);
  });

  it('follows anchors and merge keys; what stands later in a map wins, be it brought or written', () => {
    const bundle = bundleOf(`
variables:
  common: &common {charm: a, channel: edge}
  shared: &shared "{x: 1}"
applications:
  a: {<<: *common, channel: stable, options: {sysctl: *shared}}
  b:
    channel: beta
    <<: [{charm: first}, *common]
  c: {<<: *common, <<: {channel: beta}, num_units: 1}
`);
    assert.deepEqual(bundle.applications.get('a'), { charm: 'a', channel: 'stable', options: new Map([['sysctl', '{x: 1}']]) });
    assert.deepEqual(bundle.applications.get('b'), { charm: 'first', channel: 'edge' });
    assert.deepEqual(bundle.applications.get('c'), { charm: 'a', channel: 'beta', numUnits: 1 });
  });

  it('takes the last of a key that comes again, under a warning with its place; keys are the texts as written', () => {
    const read = readBundle('applications:\n  a: {charm: a}\n  a: {charm: b, options: {yes: 1, on: 2, k: 3, k: 4}}\nseries: focal\nseries: jammy\n', 'b.yaml');
    const { applications, series } = read.base.bundle;
    assert.deepEqual([applications.get('a'), series], [{ charm: 'b', options: new Map(Object.entries({ yes: 1, on: 2, k: 4 })) }, 'jammy']);
    assert.deepEqual(shownProblems(read.warnings), [
      'b.yaml:3:3 repeated-key key "a" stands here again; the last one counts',
      'b.yaml:3:48 repeated-key key "k" stands here again; the last one counts',
      'b.yaml:5:1 repeated-key key "series" stands here again; the last one counts',
    ]);
  });

  it('takes the first document for the base and the others for overlays', () => {
    const read = readBundle('applications: {a: {charm: a}}\n---\napplications: {a: null}\n---\nseries: jammy\n', 'b.yaml');
    assert.equal(read.base.bundle.applications.get('a')?.charm, 'a');
    assert.deepEqual(
      read.overlays.map(({ bundle }) => [bundle.series, bundle.applications.get('a')]),
      [
        [undefined, null],
        ['jammy', undefined],
      ],
    );
  });

  it('tells null maps, empty maps and absent maps apart', () => {
    const bundle = bundleOf('applications: {a: {charm: a, options: , storage: {}}}\nmachines: {}');
    assert.deepEqual(bundle.applications.get('a'), { charm: 'a', options: null, storage: new Map() });
    assert.deepEqual(bundle.machines, new Map());
    assert.equal('machines' in bundleOf('machines:\napplications: {a: {charm: a}}'), false);
  });

  it('takes null scalars for their zero values', () => {
    assert.deepEqual(bundleOf('applications: {a: {charm: , channel: ~, num_units: , expose: null, to: , revision: }}').applications.get('a'), {
      charm: '',
      channel: '',
      numUnits: 0,
      expose: false,
      to: [],
      revision: null,
    });
  });

  it('reads services under a warning with its place', () => {
    const read = readBundle('series: focal\nservices:\n  etcd:\n    charm: cs:~containers/etcd-160\n', 'old.yaml');
    assert.equal(read.base.bundle.legacyServices, true);
    assert.equal(read.base.bundle.applications.get('etcd')?.charm, 'cs:~containers/etcd-160');
    assert.deepEqual(shownProblems(read.warnings), [
      'old.yaml:2:1 services "services" is read as "applications"; Juju 3.0 and later refuse it',
      'old.yaml:4:5 charm-store "cs:~containers/etcd-160" of application "etcd" is a Charm Store URL; that store closed in February 2022',
    ]);
  });

  it('warns of keys that Juju ignores and stays silent about informational ones', () => {
    const { warnings } = readBundle('docs: x\nfoo: 1\nvariables: {}\napplications:\n  a: {charm: a, constraint: mem=1G}\n', 'b.yaml');
    assert.deepEqual(shownProblems(warnings), [
      'b.yaml:2:1 ignored-key Juju knows no top-level key "foo" and ignores it',
      'b.yaml:5:17 ignored-key application "a": Juju knows no key "constraint" and ignores it',
    ]);
  });
});
