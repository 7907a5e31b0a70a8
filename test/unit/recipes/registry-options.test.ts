/** The site's registry in the options of charms, on literal charms. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bakedOptions, parseRegistry, registryOptionRows } from '#src/recipes/charmed-kubernetes/registry-options.js';
import { charmFact, shippedCatalogue } from '../../support/charm-fact.ts';

const catalogue = shippedCatalogue();
const declaring = (...names: string[]): string => `options:\n${names.map((name) => `  ${name}: {type: string, default: ''}\n`).join('')}`;
const containerd = charmFact({ name: 'containerd', config: declaring('custom_registries', 'gpu_driver') });

interface Mirror {
  readonly host: string;
  readonly url: string;
}

function mirrors(registry: string): readonly Mirror[] {
  const rows = registryOptionRows([containerd], [], [], catalogue);
  const text = bakedOptions(rows, parseRegistry(registry), catalogue).get('containerd')?.['custom_registries'] ?? '';
  return JSON.parse(text) as readonly Mirror[];
}

describe('options for the registry', () => {
  test('are those that the charm itself declares, and no others', () => {
    const rows = registryOptionRows(
      [
        charmFact({ name: 'calico', config: declaring('image-registry', 'vxlan') }),
        charmFact({ name: 'containerd' }),
        charmFact({ name: 'easyrsa', config: declaring('custom_registries') }),
      ],
      [],
      [],
      catalogue,
    );
    assert.deepEqual(rows, [{ application: 'calico', option: 'image-registry', form: 'registry', value: '' }]);
  });

  test('T6: containerd looks logins and certificates up by the bare host, so https has no scheme in any url', () => {
    for (const registry of ['reg.lan:5000', 'https://reg.lan:5000', 'https://reg.lan:5000/']) {
      const [own, ...others] = mirrors(registry);
      assert.deepEqual(own, { host: 'reg.lan:5000', url: 'reg.lan:5000' });
      assert.ok(others.every(({ url }) => url === 'reg.lan:5000' || url === 'reg.lan:5000/v2/cdk'));
    }
  });

  test('T7: plain http keeps its scheme, or containerd would ask for https', () => {
    assert.ok(mirrors('http://reg.lan:5000').every(({ url }) => url.startsWith('http://reg.lan:5000')));
  });

  test('every host of the catalogue is mirrored once, docker.io among them, and every entry has the two keys that the charm takes', () => {
    const found = mirrors('reg.lan');
    assert.deepEqual(found.map(({ host }) => host).slice(1), catalogue.registryMirrors);
    assert.equal(new Set(found.map(({ host }) => host)).size, found.length);
    assert.ok(found.some(({ host }) => host === 'docker.io'));
    for (const entry of found) assert.deepEqual(Object.keys(entry), ['host', 'url']);
    // Names of rocks.canonical.com have cdk/ in their path already.
    assert.deepEqual(
      found.filter(({ url }) => url === 'reg.lan').map(({ host }) => host),
      ['reg.lan', 'rocks.canonical.com:443', 'rocks.canonical.com'],
    );
  });
});
