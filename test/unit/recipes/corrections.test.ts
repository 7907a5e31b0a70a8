/** Overlays that do not fit a track: named with their place and the correction, or corrected. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tryCompose } from '#src/bundle/compose.js';
import { readBundle } from '#src/bundle/read.js';
import { correctOverlays, type Corrected } from '#src/recipes/charmed-kubernetes/corrections.js';
import { shippedCatalogue } from '../../support/charm-fact.ts';

const catalogue = shippedCatalogue();
const BASE = readBundle('applications: {kubernetes-control-plane: {charm: kubernetes-control-plane}, kubernetes-worker: {charm: kubernetes-worker}}', 'b.yaml');
const CEPH = `applications: {ceph-mon: {charm: ceph-mon}}
relations:
- ['ceph-mon:admin', 'kubernetes-control-plane']
- ['kubernetes-control-plane:ceph-client', 'ceph-mon:client']
`;

function corrected(name: string, overlay: string, track: string, apply: boolean): Corrected {
  const text = readBundle(overlay, name);
  const { composed } = tryCompose(BASE, [text]);
  return correctOverlays(composed.bundle, [{ name, text }], track, { catalogue, places: composed.places, apply });
}
const told = (name: string, overlay: string, track: string): string[] =>
  corrected(name, overlay, track, false).problems.map(
    ({ file, line, message }) => `${file}:${line} ${message.replace(/: (?:the|ceph|control).*?; correction/, '; correction')}`,
  );

describe('corrections', () => {
  it('name the relation, its place and what to do, on the tracks that they are for', () => {
    assert.deepEqual(told('ceph-rbd.yaml', CEPH, '1.25'), []);
    assert.deepEqual(told('ceph-rbd.yaml', CEPH, '1.26'), [
      'ceph-rbd.yaml:3 overlay ceph-rbd does not fit 1.26: relation [ceph-mon:admin, kubernetes-control-plane]; correction: leave it out (--correct-overlays does)',
    ]);
    assert.equal(told('ceph-rbd.yaml', CEPH, '1.30').length, 2);
    assert.deepEqual(told('other.yaml', CEPH, '1.30'), []);
  });

  it('take away and put in place, once', () => {
    const { bundle, problems, warnings } = corrected('ceph-rbd.yaml', CEPH, '1.30', true);
    assert.deepEqual(problems, []);
    assert.equal(warnings.length, 1);
    assert.deepEqual(bundle.relations, [
      ['ceph-mon:client', 'ceph-csi:ceph-client'],
      ['ceph-csi:kubernetes', 'kubernetes-control-plane:juju-info'],
    ]);
    assert.equal(bundle.applications.get('ceph-csi')?.charm, 'ceph-csi');
  });

  it('do nothing to a bundle that fits', () => {
    const fits = "applications: {ceph-mon: {charm: ceph-mon}, ceph-csi: {charm: ceph-csi}}\nrelations: [['ceph-mon:client', 'ceph-csi:ceph-client']]\n";
    const { bundle, warnings } = corrected('ceph-rbd.yaml', fits, '1.35', true);
    assert.deepEqual([warnings, bundle.relations], [[], [['ceph-mon:client', 'ceph-csi:ceph-client']]]);
  });

  it('leave alone what an overlay of later removed again', () => {
    const first = readBundle(CEPH, 'ceph-rbd.yaml');
    const second = readBundle('applications: {ceph-mon: null}', 'no-ceph.yaml');
    const { composed } = tryCompose(BASE, [first, second]);
    const { problems } = correctOverlays(composed.bundle, [{ name: 'ceph-rbd.yaml', text: first }], '1.30', {
      catalogue,
      places: composed.places,
      apply: false,
    });
    assert.deepEqual(problems, []);
  });

  it('rename storage that the charm calls otherwise', () => {
    const overlay = "applications: {ceph-osd: {charm: ceph-osd, storage: {ods-device: '32G,2', osd-journals: '8G,1'}}}";
    assert.match(told('ceph-radosgw.yaml', overlay, '1.26').join(), /storage ods-device of ceph-osd.*call it osd-devices/);
    const { bundle } = corrected('ceph-radosgw.yaml', overlay, '1.26', true);
    assert.deepEqual(
      [...(bundle.applications.get('ceph-osd')?.storage ?? [])],
      [
        ['osd-devices', '32G,2'],
        ['osd-journals', '8G,1'],
      ],
    );
  });
});
