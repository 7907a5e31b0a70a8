/** Local files at other places: scalars replaced, every other byte kept. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localFiles } from '#src/bundle/local-files.js';
import { placesOf } from '#src/bundle/places.js';
import { readBundle } from '#src/bundle/read.js';
import { relocate } from '#src/bundle/relocate.js';

describe('local files of a bundle', () => {
  it('are found by the rules of Juju: a charm beside its text, a resource beside the base', () => {
    const base = readBundle('applications: {a: {charm: ./a.charm, resources: {r: sub/r.bin, n: 3}}}', 'dir/b.yaml');
    const overlay = readBundle('applications: {b: {charm: ../b.charm, resources: {r: ../r.bin}}, c: {charm: /abs/c.charm}, d: {charm: name}}', 'over/o.yaml');
    const bundle = { ...base.base.bundle, applications: new Map([...base.base.bundle.applications, ...overlay.base.bundle.applications]) };
    assert.deepEqual(
      localFiles(bundle, 'dir/b.yaml', placesOf([base.base, overlay.base])).map(({ application, resource, path, outside }) => [
        application,
        resource,
        path,
        outside,
      ]),
      [
        ['a', undefined, 'dir/a.charm', false],
        ['a', 'r', 'dir/sub/r.bin', false],
        ['b', undefined, 'over/../b.charm', true],
        ['b', 'r', 'dir/../r.bin', true],
        ['c', undefined, '/abs/c.charm', true],
      ],
    );
  });

  it('move without a byte of anything else', () => {
    const text =
      'applications:\n  a: # one\n    charm:  "/home/me/a.charm"   # mine\n    resources: {r: ./r.bin, n: 0755}\n  b: {charm: hub}\n---\napplications: {c: {charm: ./c.charm}}\n';
    const moved = relocate(readBundle(text, 'b.yaml'), (application, resource) =>
      resource === undefined ? `./charms/${application}.charm` : `./resources/${application}/${resource}`,
    );
    assert.equal(
      moved,
      'applications:\n  a: # one\n    charm:  ./charms/a.charm   # mine\n    resources: {r: ./resources/a/r, n: 0755}\n  b: {charm: hub}\n---\napplications: {c: {charm: ./charms/c.charm}}\n',
    );
  });

  it('stay where nobody moves them, and move once where an anchor is shared', () => {
    const text = 'applications:\n  a: &a {charm: ./x.charm}\n  b: *a\n';
    assert.equal(
      relocate(readBundle(text, 'b.yaml'), () => undefined),
      text,
    );
    assert.equal(
      relocate(readBundle(text, 'b.yaml'), () => './y.charm'),
      text.replace('x.charm', 'y.charm'),
    );
  });
});
