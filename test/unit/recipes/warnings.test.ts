/** Traps of facts/offline-deploy.md 1.5 that a packer cannot take away but can tell of, and those that the catalogue closes with a row. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placesOf } from '#src/bundle/places.js';
import { readBundle } from '#src/bundle/read.js';
import { rulesOf } from '#src/recipes/charmed-kubernetes/catalogue.js';
import { charmImages } from '#src/recipes/charmed-kubernetes/charm-images.js';
import { debNeeds } from '#src/recipes/charmed-kubernetes/debs.js';
import { jujuWarnings } from '#src/recipes/charmed-kubernetes/juju-versions.js';
import { reviewed } from '#src/recipes/charmed-kubernetes/verify-plan.js';
import { charmFact, shippedCatalogue } from '../../support/charm-fact.ts';

const catalogue = shippedCatalogue();

describe('told, or closed by the catalogue', () => {
  test('T13: the image that docker-registry runs at install is packed, and the order is told', () => {
    const charm = charmFact({ name: 'docker-registry', config: 'options:\n  registry-image: {type: string, default: "registry:2"}\n' });
    const { mentions } = charmImages([charm], () => undefined, catalogue);
    assert.deepEqual(
      mentions.map(({ name }) => name),
      ['docker.io/library/registry:2'],
    );
    const base = readBundle('applications: {docker-registry: {charm: docker-registry}}', 'b.yaml').base;
    const source = {
      name: 'x',
      channel: undefined,
      base: readBundle('applications: {}', 'b.yaml'),
      overlays: [],
      merged: base.bundle,
      places: placesOf([base]),
    };
    assert.match(reviewed(source, [charm], '1.26', {}, catalogue).warnings.join('\n'), /^charm docker-registry: at install it runs its registry-image/m);
  });

  test('T16: Ubuntu 24.04 and the apt-mirror of older Juju', () => {
    const warned = (base: string): boolean => jujuWarnings([charmFact({ name: 'x', base })]).some((warning) => warning.includes('apt-mirror'));
    assert.deepEqual(['20.04', '22.04', '24.04', '26.04'].map(warned), [false, false, true, true]);
  });

  test('T23: charms that install snaps with layer-snap have the package snapd in their list', () => {
    const needs = (name: string, track: string): boolean =>
      debNeeds([{ charm: name, track, base: 'ubuntu@22.04', files: charmFact({ name }).files, related: new Set() }], catalogue).some(
        (row) => row.package === 'snapd',
      );
    assert.deepEqual(
      ['etcd', 'kubernetes-worker', 'kubernetes-control-plane', 'vault', 'aws-integrator', 'gcp-integrator', 'openstack-integrator'].filter(
        (name) => !needs(name, '1.28'),
      ),
      [],
    );
    assert.deepEqual(
      ['kubernetes-worker', 'kubernetes-control-plane'].filter((name) => needs(name, '1.29')),
      [],
    );
  });

  test('T29: docker-registry comes from a release that does not corrupt images', () => {
    const channels = (track: string): string[] => rulesOf(catalogue, 'docker-registry', track).channels.map(({ channel }) => channel);
    assert.deepEqual([channels('1.26'), channels('1.28'), channels('1.29')], [['1.29/stable'], ['1.29/stable'], []]);
  });
});
