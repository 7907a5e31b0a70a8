/** Which snaps charms install: by the catalogue, by layer.yaml, by their resources. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digest } from '#src/domain/digest.js';
import type { ResourceRelease } from '#src/domain/releases.js';
import { wantedSnaps } from '#src/recipes/charmed-kubernetes/snaps.js';
import { charmFact, shippedCatalogue, type CharmInput } from '../../support/charm-fact.ts';

const snapFile = (name: string): ResourceRelease => ({
  name,
  type: 'file',
  filename: `${name}.snap`,
  revision: 0,
  download: { source: 'https://charmhub.example/x', size: 0, digest: digest('sha256', '0'.repeat(64)) },
});

const wanted = (input: CharmInput, option?: string): string[] =>
  wantedSnaps([charmFact(input)], (_, name) => (name === 'channel' ? option : undefined), shippedCatalogue(), ['amd64'])
    .filter(({ name }) => name !== 'snapd')
    .map(({ name, channel, reason }) => `${name} ${channel} ${reason}`);

describe('the snaps of a charm', () => {
  test('are those of layer.yaml where no row of the catalogue knows better, each on the channel that stands there', () => {
    const layer = 'options:\n  snap:\n    juju-crashdump: {channel: 1.0/edge, classic: true}\n    core: {}\n    old: {remove: true}\n';
    assert.deepEqual(wanted({ name: 'foreign', layer, resources: [snapFile('core'), snapFile('tool')] }, '2/stable'), [
      'juju-crashdump 1.0/edge charm foreign (foreign): layer.yaml: options.snap',
      'core latest/stable charm foreign (foreign): layer.yaml: options.snap',
      'tool 2/stable resource tool of charm foreign (foreign)',
    ]);
    assert.deepEqual(wanted({ name: 'aws-integrator', layer: 'options: {snap: {aws-cli: {channel: edge}}}' }), [
      'aws-cli latest/stable charm aws-integrator (aws-integrator): installed by the charm',
    ]);
  });

  test('T30: a resource may be called otherwise than its snap', () =>
    assert.deepEqual(wanted({ name: 'gcp-integrator', resources: [snapFile('gcloud')] }), [
      'google-cloud-cli latest/stable charm gcp-integrator (gcp-integrator): installed by the charm',
    ]));

  test('auto is what the charm makes of it, for one without a rule the default', () => {
    const config = 'options: {channel: {type: string, default: auto}}';
    assert.deepEqual(wanted({ name: 'etcd', config })[1], 'etcd 3.4/stable charm etcd (etcd): installed by the charm');
    assert.deepEqual(wanted({ name: 'etcd', config }, '3.5/edge')[1], 'etcd 3.5/edge charm etcd (etcd): installed by the charm');
  });
});
