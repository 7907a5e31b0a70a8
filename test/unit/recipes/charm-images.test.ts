/** The traps of facts/offline-deploy.md 1.5 that images bring, on literal charms. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { charmImages } from '#src/recipes/charmed-kubernetes/charm-images.js';
import { alwaysImages } from '#src/recipes/charmed-kubernetes/images.js';
import { mention, wantedImages, tagClashes, type ImageMention } from '#src/recipes/charmed-kubernetes/wanted-images.js';
import { charmFact, shippedCatalogue, type CharmInput } from '../../support/charm-fact.ts';

const catalogue = shippedCatalogue();
const rules = catalogue.images;
const noOption = (): undefined => undefined;
const found = (input: CharmInput, optionOf: (application: string, option: string) => string | undefined = noOption) =>
  charmImages([charmFact(input)], optionOf, catalogue);
const listed = (name: string): ImageMention => mention(name, 'a list', rules);
const options = (values: Readonly<Record<string, string>>): string =>
  `options:\n${Object.entries(values)
    .map(([name, value]) => `  ${name}: {type: string, default: '${value}'}\n`)
    .join('')}`;

describe('T2: lists lag behind charms', () => {
  test('the ingress image of the worker comes from its code, with the file as the reason', () => {
    const { mentions } = found({
      name: 'kubernetes-worker',
      revision: 9,
      channel: '1.29/stable',
      applications: ['workers'],
      texts: { 'src/charm.py': 'image = f"{registry}/ingress-nginx/controller:v1.11.5"\n', 'src/other.py': 'ingress-nginx/controller\n' },
    });
    assert.deepEqual(mentions, [
      {
        name: 'rocks.canonical.com/cdk/ingress-nginx/controller:v1.11.5',
        reason: 'charm kubernetes-worker r9 (workers): src/charm.py',
        application: 'workers',
        option: 'nginx-image',
      },
    ]);
  });
  test('pause 3.6 and 3.9 always, and what the code of containerd names beside them, under the path that a mirror of ghcr.io asks for', () => {
    const { mentions } = found({
      name: 'containerd',
      texts: { 'lib/charms/layer/containerd.py': 'X = "ghcr.io/canonical/cdk/pause:3.10"\nY = "no-pause:1.0"\n' },
    });
    assert.deepEqual(
      wantedImages([...alwaysImages(catalogue), ...mentions], rules).map(({ name, targets }) => [name, targets]),
      [
        ['rocks.canonical.com/cdk/pause:3.6', ['pause:3.6']],
        ['rocks.canonical.com/cdk/pause:3.9', ['pause:3.9']],
        ['ghcr.io/canonical/cdk/pause:3.10', ['pause:3.10', 'canonical/cdk/pause:3.10']],
      ],
    );
  });
  test('the options of calico up to 1.27 name images; the bundle has the last word', () => {
    const config = options({
      'calico-node-image': 'rocks.canonical.com:443/cdk/calico/node:v3.21.4',
      cidr: '10.1.0.0/16',
      'image-registry': 'rocks.canonical.com:443/cdk',
    });
    assert.deepEqual(found({ name: 'calico', config }).mentions, [
      {
        name: 'rocks.canonical.com/cdk/calico/node:v3.21.4',
        reason: 'charm calico r7 (calico): option calico-node-image of config.yaml',
        application: 'calico',
        option: 'calico-node-image',
        value: 'rocks.canonical.com:443/cdk/calico/node:v3.21.4',
      },
    ]);
    const set = found({ name: 'calico', config }, (_, option) => (option === 'calico-node-image' ? 'quay.io/calico/node:v9' : undefined)).mentions;
    assert.deepEqual(
      set.map(({ name, reason }) => [name, reason]),
      [['quay.io/calico/node:v9', 'charm calico r7 (calico): option calico-node-image of the bundle']],
    );
  });
});

describe('options that are no images', () => {
  test('taints, registries, addresses and words', () => {
    const config = options({
      'register-with-taints': 'node-role.kubernetes.io/control-plane:NoSchedule',
      'image-registry': 'rocks.canonical.com:443/cdk',
      'nginx-image': 'auto',
      proxy: 'http://proxy.lan:3128/x:1',
      channel: '1.26/stable',
    });
    assert.deepEqual(found({ name: 'kubernetes-control-plane', config }).mentions, []);
  });
});

describe('T3: images of overlays stand in no list', () => {
  test('manifests of the release that the option chooses, named as the image-registry option makes them', () => {
    const texts = {
      'upstream/rbd/version': 'v3.16.0\n',
      'upstream/rbd/manifests/v3.9.0/rbd.yaml': 'image: quay.io/cephcsi/cephcsi:v3.9.0\n',
      'upstream/rbd/manifests/v3.16.0/rbd.yaml': 'image: quay.io/cephcsi/cephcsi:v3.16.0\n',
    };
    const config = options({ release: 'v3.9.0', 'image-registry': 'rocks.canonical.com:443/cdk' });
    assert.deepEqual(found({ name: 'ceph-csi', config, texts }).mentions, [
      {
        name: 'rocks.canonical.com/cdk/cephcsi/cephcsi:v3.9.0',
        upstream: 'quay.io/cephcsi/cephcsi:v3.9.0',
        reason: 'charm ceph-csi r7 (ceph-csi): upstream/rbd/manifests/v3.9.0/rbd.yaml',
        application: 'ceph-csi',
      },
    ]);
    const newer = found({ name: 'ceph-csi', config, texts }, (_, option) => (option === 'release' ? 'v3.16.0' : undefined));
    assert.deepEqual(
      newer.mentions.map(({ upstream }) => upstream),
      ['quay.io/cephcsi/cephcsi:v3.16.0'],
    );
    const wrong = found({ name: 'ceph-csi', config, texts }, (_, option) => (option === 'release' ? 'v4' : undefined));
    assert.deepEqual(wrong.warnings, ['charm ceph-csi r7 (ceph-csi): option release is v4, which is none of the releases it carries: v3.16.0, v3.9.0']);
  });
  test('without an image-registry a manifest is asked for as it stands', () =>
    assert.deepEqual(
      found({ name: 'aws-cloud-provider', texts: { 'upstream/c/manifests/v1/c.yaml': 'image: registry.k8s.io/provider-aws/ccm:v1\n' } }).mentions.map(
        ({ name }) => name,
      ),
      ['registry.k8s.io/provider-aws/ccm:v1'],
    ));
  test('commercial images are the customer’s, and said', () =>
    assert.deepEqual(found({ name: 'tigera-secure-ee', config: options({ 'calico-node-image': 'tigera/cnx-node:v2.3.0' }) }), {
      mentions: [],
      warnings: ['images of charm tigera-secure-ee (tigera-secure-ee) are not packed: commercial; they come from the vendor with a licence'],
    }));
  test('one path at the site is one image, whatever hosts it was named with, with every reason', () =>
    assert.deepEqual(
      wantedImages(
        [
          listed('rocks.canonical.com/cdk/calico/node:v3.27.4'),
          { name: 'docker.io/calico/node:v3.27.4', reason: 'a charm' },
          { name: 'rocks.canonical.com/cdk/calico/node:v3.27.4', upstream: 'docker.io/calico/node:v3.27.4', reason: 'another' },
        ],
        rules,
      ),
      [
        {
          name: 'rocks.canonical.com/cdk/calico/node:v3.27.4',
          others: ['docker.io/calico/node:v3.27.4'],
          targets: ['calico/node:v3.27.4'],
          reasons: ['a list', 'a charm', 'another'],
        },
      ],
    ));
});

describe('T27: names pinned by digest', () => {
  const [a, b] = ['a', 'b'].map((hex) => `sha256:${hex.repeat(64)}`);
  test('the digest decides, also where a list has the tag alone, and every other place is asked for the same digest', () =>
    assert.deepEqual(wantedImages([listed('rocks.canonical.com/cdk/cilium/cilium:v1'), { name: `quay.io/cilium/cilium:v1@${a}`, reason: 'a charm' }], rules), [
      {
        name: `quay.io/cilium/cilium:v1@${a}`,
        others: [`rocks.canonical.com/cdk/cilium/cilium:v1@${a}`],
        targets: ['cilium/cilium:v1'],
        reasons: ['a charm', 'a list'],
      },
    ]));
  test('two digests of one tag are two images and a warning', () => {
    const wanted = wantedImages(
      [a, b].map((digest) => ({ name: `quay.io/c/c:v1@${digest}`, reason: 'r' })),
      rules,
    );
    assert.equal(wanted.length, 2);
    assert.match(tagClashes(wanted).join('\n'), /^c\/c:v1 is pinned to different digests/);
  });
});

describe('T31: the worker of 1.26 asks for a path that the lists gave up', () => {
  const old = 'rocks.canonical.com/cdk/k8s-artifacts-prod/ingress-nginx/controller:v1.2.0';
  const now = 'rocks.canonical.com/cdk/ingress-nginx/controller:v1.2.0';
  test('one image, found under either name, served under both', () =>
    assert.deepEqual(wantedImages([listed(now), { name: old, reason: 'worker' }], rules), [
      {
        name: now,
        others: [old],
        targets: ['ingress-nginx/controller:v1.2.0', 'k8s-artifacts-prod/ingress-nginx/controller:v1.2.0'],
        reasons: ['a list', 'worker'],
      },
    ]));
  test('under both also when only the old name is known', () =>
    assert.deepEqual(wantedImages([listed(old)], rules), [
      {
        name: old,
        others: [now],
        targets: ['k8s-artifacts-prod/ingress-nginx/controller:v1.2.0', 'ingress-nginx/controller:v1.2.0'],
        reasons: ['a list'],
      },
    ]));
  test('under the new path alone where nobody asks for the old one', () =>
    assert.deepEqual(
      wantedImages([listed(now)], rules).map(({ targets }) => targets),
      [['ingress-nginx/controller:v1.2.0']],
    ));
});
