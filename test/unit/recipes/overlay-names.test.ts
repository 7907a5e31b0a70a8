import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overlayNames } from '#src/recipes/charmed-kubernetes/overlay-names.js';

const named = (...names: string[]): string[] =>
  overlayNames(names.map((name) => (name.startsWith('@') ? { name: name.slice(1), official: true } : { name, official: false })));

describe('overlays in an archive', () => {
  test('of one name lie side by side, whatever their case', () =>
    assert.deepEqual(named('site.yaml', 'Site.yaml', 'site.yaml', 'site-2.yaml'), ['site.yaml', 'Site-2.yaml', 'site-3.yaml', 'site-2-2.yaml']));
  test('official ones keep their names', () => assert.deepEqual(named('ceph-rbd.yaml', '@ceph-rbd.yaml'), ['ceph-rbd-2.yaml', 'ceph-rbd.yaml']));
  test('never take the place of what the site renders, nor a name that a file system refuses', () =>
    assert.deepEqual(named('registry.yaml', 'we:ird ä.yaml', '.hidden.yaml'), ['registry-2.yaml', 'we_ird__.yaml', '_hidden.yaml']));
});
