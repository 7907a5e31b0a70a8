// Which Juju the charms of an archive ask for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jujuMinimum } from '#src/recipes/charmed-kubernetes/juju-versions.js';

const charm = (metadataYaml: string) => ({
  files: { metadataYaml, configYaml: '', manifestYaml: '', layerYaml: '', wheelhouse: [], texts: new Map<string, string>() },
});

for (const [texts, minimum] of [
  [[], '2.9'],
  [['name: etcd\ndescription: needs juju >= 9.9 they say\n'], '2.9'],
  [['name: etcd\n', 'name: worker\nassumes:\n  - juju >= 3.1\n'], '3.1'],
  [['assumes:\n- "juju >= 3.4.1"\n- k8s-api\n', 'assumes:\n  - juju >= 3.10\n'], '3.10'],
  [['assumes:\n  - any-of:\n    - juju >= 2.9.42\n    - juju>=3.1\n'], '3.1'],
] as const) {
  test(`${JSON.stringify(texts)} → ${minimum}`, () => assert.equal(jujuMinimum(texts.map(charm)), minimum));
}
