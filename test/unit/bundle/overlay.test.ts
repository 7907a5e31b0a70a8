/** The merge rules of Juju 3.6, one by one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Application } from '#src/bundle/bundle.js';
import { mergeBundle } from '#src/bundle/overlay.js';
import { anyBundle, anyOverlay } from './arbitrary.ts';
import { bundleOf, mergedOf, problemsOf } from './support.ts';

/** Application `a` of a base that is merged with an overlay of one application `a`. */
const merged = (base: string, overlay: string): Application | null | undefined =>
  mergedOf(`applications: {a: ${base}}\n---\napplications: {a: ${overlay}}`).applications.get('a');

describe('an overlay', () => {
  it('removes an application that it gives null, with every relation of it', () => {
    const bundle = mergedOf(`
applications: {calico: {charm: calico}, calico-2: {charm: calico}, etcd: {charm: etcd}}
relations: [[calico:etcd, etcd:db], [etcd, calico], [calico-2:etcd, etcd:db], [calico], [a, b, calico]]
---
applications:
  calico:
`);
    assert.deepEqual([...bundle.applications.keys()], ['calico-2', 'etcd']);
    assert.deepEqual(bundle.relations, [['calico-2:etcd', 'etcd:db'], ['calico'], ['a', 'b', 'calico']]);
  });

  it('removes nothing for the name of an application that is not there, but cuts relations that name it', () => {
    assert.deepEqual(mergedOf('applications: {a: {charm: a}}\nrelations: [[a:x, ghost:y]]\n---\napplications: {ghost: null}').relations, []);
  });

  it('keeps a relation that it brings for an application that it removes', () => {
    const bundle = mergedOf('applications: {a: {charm: a}, b: {charm: b}}\nrelations: [[a, b]]\n---\napplications: {a: null}\nrelations: [[a:new, b:new]]');
    assert.deepEqual(bundle.relations, [['a:new', 'b:new']]);
  });

  it('changes nothing with an empty application', () => {
    assert.deepEqual(merged('{charm: x, num_units: 2, options: {o: 1}}', '{}'), { charm: 'x', numUnits: 2, options: new Map([['o', 1]]) });
  });

  it('brings an application that the base lacks as a whole, after the others', () => {
    const bundle = mergedOf('applications: {b: {charm: b}, a: {charm: a}}\n---\napplications: {0new: {charm: n, options: {o: ~}}, a: {channel: edge}}');
    assert.deepEqual(
      [...bundle.applications],
      [
        ['b', { charm: 'b' }],
        ['a', { charm: 'a', channel: 'edge' }],
        ['0new', { charm: 'n', options: new Map([['o', null]]) }],
      ],
    );
  });

  it('replaces scalars and lists that it has', () => {
    const base =
      '{charm: x, channel: 1.20/stable, revision: 3, series: focal, base: ubuntu@20.04, num_units: 2, to: [new, lxd:new], expose: true, constraints: mem=1G, plan: p, trust: true}';
    const overlay =
      '{charm: y, channel: 1.30, revision: 4, series: jammy, base: ubuntu@22.04, num_units: 1, to: [new], expose: false, constraints: mem=2G, plan: q, trust: false}';
    assert.deepEqual(merged(base, overlay), {
      charm: 'y',
      channel: '1.30',
      revision: 4,
      series: 'jammy',
      base: 'ubuntu@22.04',
      numUnits: 1,
      to: ['new'],
      expose: false,
      constraints: 'mem=2G',
      plan: 'q',
      trust: false,
    });
  });

  it('keeps scalars that it has not', () => {
    assert.deepEqual(merged('{charm: x, num_units: 2, trust: true}', '{channel: edge}'), { charm: 'x', numUnits: 2, trust: true, channel: 'edge' });
  });

  it('sets the zero value with a null scalar', () => {
    assert.deepEqual(
      merged('{charm: x, channel: edge, num_units: 2, expose: true, to: [new], revision: 4}', '{channel: , num_units: , expose: , to: , revision: }'),
      {
        charm: 'x',
        channel: '',
        numUnits: 0,
        expose: false,
        to: [],
      },
    );
  });

  for (const key of ['options', 'annotations', 'storage', 'devices', 'bindings', 'resources'] as const) {
    it(`clears ${key} with null, keeps them with {}, merges them key by key`, () => {
      assert.deepEqual([...(merged(`{charm: x, ${key}: {k: '1', l: '2'}}`, `{${key}: }`)?.[key] ?? [])], []);
      assert.deepEqual(
        [...(merged(`{charm: x, ${key}: {k: '1', l: '2'}}`, `{${key}: {}}`)?.[key] ?? [])],
        [
          ['k', '1'],
          ['l', '2'],
        ],
      );
      assert.deepEqual(
        [...(merged(`{charm: x, ${key}: {k: '1', l: '2'}}`, `{${key}: {n: '3', k: '9'}}`)?.[key] ?? [])],
        [
          ['k', '9'],
          ['l', '2'],
          ['n', '3'],
        ],
      );
      assert.deepEqual([...(merged('{charm: x}', `{${key}: {n: '3'}}`)?.[key] ?? [])], [['n', '3']]);
    });
  }

  for (const key of ['options', 'resources'] as const) {
    it(`removes a key of ${key} that it gives null`, () =>
      assert.deepEqual([...(merged(`{charm: x, ${key}: {k: 1, l: 2}}`, `{${key}: {k: null}}`)?.[key] ?? [])], [['l', 2]]));
  }

  for (const key of ['annotations', 'storage', 'devices', 'bindings'] as const) {
    it(`empties a key of ${key} that it gives null`, () => {
      assert.deepEqual(
        [...(merged(`{charm: x, ${key}: {k: '1', l: '2'}}`, `{${key}: {k: null}}`)?.[key] ?? [])],
        [
          ['k', ''],
          ['l', '2'],
        ],
      );
    });
  }

  it('replaces an offer and an exposed endpoint whole, and removes one that it gives null', () => {
    const text = `
applications: {a: {charm: a}}
---
applications: {a: {offers: {o: {endpoints: [x], acl: {admin: admin}}, p: {endpoints: [y]}}, exposed-endpoints: {e: {expose-to-cidrs: [10.0.0.0/8]}, f: {expose-to-spaces: [s]}}}}
---
applications: {a: {offers: {o: {endpoints: [z]}, p: }, exposed-endpoints: {e: , f: {expose-to-cidrs: [0.0.0.0/0]}}}}
`;
    assert.deepEqual(mergedOf(text).applications.get('a'), {
      charm: 'a',
      offers: new Map([['o', { endpoints: ['z'] }]]),
      exposedEndpoints: new Map([['f', { exposeToCidrs: ['0.0.0.0/0'] }]]),
    });
  });

  it('merges one level deep only', () => {
    assert.deepEqual(merged('{charm: x, options: {o: {a: 1, b: 2}}}', '{options: {o: {a: 3}}}')?.options?.get('o'), { a: 3 });
  });

  it('appends relations, also one that is there already', () => {
    assert.deepEqual(mergedOf('applications: {a: {charm: a}}\nrelations: [[a, b]]\n---\nrelations: [[c, d], [a, b]]').relations, [
      ['a', 'b'],
      ['c', 'd'],
      ['a', 'b'],
    ]);
  });

  it('replaces all machines as soon as it has the key, but not with null', () => {
    const base = "applications: {a: {charm: a}}\nmachines: {'0': {constraints: mem=1G}, '1': }\n---\n";
    assert.deepEqual(mergedOf(`${base}machines: {'2': }`).machines, new Map([['2', null]]));
    assert.deepEqual(mergedOf(`${base}machines: {}`).machines, new Map());
    assert.deepEqual(
      mergedOf(`${base}machines:`).machines,
      new Map<string, unknown>([
        ['0', { constraints: 'mem=1G' }],
        ['1', null],
      ]),
    );
  });

  it('replaces the series, and neither the default base nor what is informational', () => {
    const bundle = mergedOf(
      'name: n\ndescription: d\nbundle: kubernetes\nseries: focal\ndefault-base: ubuntu@20.04\napplications: {a: {charm: a}}\n---\nname: m\ndescription: e\nbundle: x\nseries: jammy\ndefault-base: ubuntu@22.04',
    );
    assert.deepEqual(
      [bundle.series, bundle.defaultBase, bundle.name, bundle.type, bundle.informational.get('description')],
      ['jammy', 'ubuntu@20.04', 'n', 'kubernetes', 'd'],
    );
    assert.equal(mergedOf('series: focal\napplications: {a: {charm: a}}\n---\nseries:').series, 'focal');
  });

  it('treats saas like applications', () => {
    const bundle = mergedOf(`
applications: {a: {charm: a}}
saas: {one: {url: m.one}, two: {url: m.two}, three: {url: m.three}}
relations: [[a, one], [a, two:x]]
---
saas: {one: , two: {url: other.two}, three: {}, four: {url: m.four}}
`);
    assert.deepEqual(
      [...bundle.saas],
      [
        ['two', { url: 'other.two' }],
        ['three', { url: 'm.three' }],
        ['four', { url: 'm.four' }],
      ],
    );
    assert.deepEqual(bundle.relations, [['a', 'two:x']]);
  });

  it('may not use services', () => {
    assert.deepEqual(
      problemsOf(() => mergedOf('applications: {a: {charm: a}}\n---\nservices: {a: {channel: edge}}')),
      [{ code: 'overlay-services', message: "bundle overlay file used deprecated 'services' key, this is not valid for bundle overlay files" }],
    );
  });

  it('merges onto a base that uses services', () => {
    assert.deepEqual(mergedOf('services: {a: {charm: a}}\n---\napplications: {a: {channel: edge}}').applications.get('a'), { charm: 'a', channel: 'edge' });
  });

  it('leaves base and overlay as they were', () => {
    const [base, overlay] = [bundleOf('applications: {a: {charm: a, options: {o: 1}}}'), bundleOf('applications: {a: {options: {o: 2, p: 3}}}')];
    mergeBundle(base, [overlay]);
    assert.deepEqual(base, bundleOf('applications: {a: {charm: a, options: {o: 1}}}'));
    assert.deepEqual(overlay, bundleOf('applications: {a: {options: {o: 2, p: 3}}}'));
  });
});

describe('merging', () => {
  it('of two overlays at once equals merging them one after the other', () => {
    fc.assert(
      fc.property(anyBundle, anyOverlay, anyOverlay, (base, one, two) =>
        assert.deepEqual(mergeBundle(base, [one, two]), mergeBundle(mergeBundle(base, [one]), [two])),
      ),
    );
  });

  it('of an empty overlay changes nothing', () => {
    fc.assert(fc.property(anyBundle, (base) => assert.deepEqual(mergeBundle(base, [bundleOf('{}')]), base)));
  });

  it('touches no application that the overlay does not name, and no name that neither has appears', () => {
    fc.assert(
      fc.property(anyBundle, anyOverlay, (base, overlay) => {
        const merged = mergeBundle(base, [overlay]);
        for (const [name, application] of base.applications) if (!overlay.applications.has(name)) assert.equal(merged.applications.get(name), application);
        const wanted = [...base.applications.keys(), ...overlay.applications.keys()].filter((name) => overlay.applications.get(name) !== null);
        assert.deepEqual(new Set(merged.applications.keys()), new Set(wanted));
      }),
    );
  });
});
