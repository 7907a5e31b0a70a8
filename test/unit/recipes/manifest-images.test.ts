/** Which images the manifests of an ops charm name. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { imagesOfTemplate, imagesOfYaml, manifestImages, templateImages } from '#src/recipes/charmed-kubernetes/manifest-images.js';

describe('images of a manifest', () => {
  test('every scalar image of every document, quoted, flow and deep', () =>
    assert.deepEqual(
      imagesOfYaml(`kind: DaemonSet
spec:
  template:
    spec:
      initContainers: [{name: a, image: docker.io/calico/cni:v3.25.1}]
      containers:
        - name: b
          "image": 'quay.io/x/y:1'
        - image: >-
            quay.io/folded/z:2
---
# another
kind: Job
spec: {image: registry.k8s.io/pause@sha256:${'a'.repeat(64)}}
`),
      ['docker.io/calico/cni:v3.25.1', 'quay.io/x/y:1', 'quay.io/folded/z:2', `registry.k8s.io/pause@sha256:${'a'.repeat(64)}`],
    ));
  test('a schema with a property image is none', () =>
    assert.deepEqual(imagesOfYaml('properties:\n  image:\n    type: string\n    description: "image: what to run"\nimage: whatever\n'), []));
  test('what is no YAML is read by its lines', () =>
    assert.deepEqual(imagesOfYaml('{% if x %}\n      - image: "docker.io/a/b:1"\n{% endif %}\n'), ['docker.io/a/b:1']));
  test('templates: the registry that is filled in is taken away', () =>
    assert.deepEqual(
      imagesOfTemplate(
        `image: "{{ registry|default('registry.k8s.io') }}/coredns/coredns:1.9.4"\n  - image: {{registry}}/kubeovn/kube-ovn:v1.14.26\n  image: {{ all }}\n`,
      ),
      ['coredns/coredns:1.9.4', 'kubeovn/kube-ovn:v1.14.26'],
    ));
});

const tree = (version: string | undefined, ...releases: string[]): Map<string, string> =>
  new Map([
    ...(version === undefined ? [] : [['upstream/calico/version', version] as const]),
    ...releases.map((release) => [`upstream/calico/manifests/${release}/calico.yaml`, `image: docker.io/calico/node:${release}\n`] as const),
  ]);
const chosen = (texts: Map<string, string>, asked?: string): string[] => manifestImages(texts, asked).images.map(({ image }) => image);

describe('the release of a charm that carries several', () => {
  test('is the one asked for', () => assert.deepEqual(chosen(tree('v1.1', 'v1.0', 'v1.1'), 'v1.0'), ['docker.io/calico/node:v1.0']));
  test('else the one in its version file, whose v may differ from the directory', () => {
    assert.deepEqual(chosen(tree('v3.25.1\n', '3.25.1', '3.26.0')), ['docker.io/calico/node:3.25.1']);
    assert.deepEqual(chosen(tree('3.27.4', 'v3.27.4', 'v3.28.0')), ['docker.io/calico/node:v3.27.4']);
  });
  test('else the newest by number', () => assert.deepEqual(chosen(tree(undefined, 'v1.9.0', 'v1.10.0')), ['docker.io/calico/node:v1.10.0']));
  test('an unknown one is told with those that are there', () => {
    const { images, releaseFound, releases } = manifestImages(tree('v1.1', 'v1.0', 'v1.1'), 'v9');
    assert.deepEqual([images.map(({ image }) => image), releaseFound, releases], [['docker.io/calico/node:v1.1'], false, ['v1.0', 'v1.1']]);
  });
  test('several trees choose each their own', () => {
    const texts = new Map([...tree('v1.1', 'v1.1'), ['upstream/hubble/version', 'v2'], ['upstream/hubble/manifests/v2/h.yaml', 'image: quay.io/h:2\n']]);
    assert.deepEqual(manifestImages(texts, 'v1.1').images, [
      { image: 'docker.io/calico/node:v1.1', file: 'upstream/calico/manifests/v1.1/calico.yaml' },
      { image: 'quay.io/h:2', file: 'upstream/hubble/manifests/v2/h.yaml' },
    ]);
  });
  test('templates have no releases', () =>
    assert.deepEqual(
      templateImages(
        new Map([
          ['templates/ovn.yaml', 'image: "{{ registry }}/kubeovn/kube-ovn:v1"'],
          ['src/charm.py', 'image: a/b:1'],
        ]),
      ),
      [{ image: 'kubeovn/kube-ovn:v1', file: 'templates/ovn.yaml' }],
    ));
});
