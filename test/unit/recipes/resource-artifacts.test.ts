/** What becomes of the resources of charms: fetched, empty, made here, and told when they are too small. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Arch } from '#src/domain/arch.js';
import type { ImageArtifact } from '#src/domain/artifact.js';
import { digest } from '#src/domain/digest.js';
import type { ResourceRelease } from '#src/domain/releases.js';
import { basesOf } from '#src/recipes/charmed-kubernetes/bases.js';
import { archWarnings, bakedResources, parseRegistry, type RegistryOptionRow, resourceImageRows } from '#src/recipes/charmed-kubernetes/registry-options.js';
import { resourceArtifacts, resourcePaths, sizeWarnings } from '#src/recipes/charmed-kubernetes/resource-artifacts.js';
import { charmFact, shippedCatalogue } from '../../support/charm-fact.ts';

const resource = (name: string, filename: string, size: number, more: Partial<ResourceRelease> = {}): ResourceRelease => ({
  name,
  type: 'file',
  filename,
  revision: 3,
  download: { source: `https://api.charmhub.io/api/v1/resources/download/charm_x.${name}_3`, size, digest: digest('sha256', 'c'.repeat(64)) },
  ...more,
});

const blob = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('sha256', 'd'.repeat(64)), size: 10 };
const image = (arch: Arch, hex = 'd'): ImageArtifact => ({
  kind: 'image',
  name: 'rocks.canonical.com/cdk/calico/node:v3.21.4',
  version: 'v3.21.4',
  arch,
  platform: { os: 'linux', architecture: arch },
  repository: 'rocks.canonical.com/cdk/calico/node',
  manifest: blob,
  config: blob,
  layers: [],
  targets: ['calico/node:v3.21.4'],
  path: `containers/cdk_calico_node_v3.21.4${arch === 'amd64' ? '' : `_${arch}`}.tgz`,
  size: 10,
  digests: [digest('sha256', hex.repeat(64))],
  source: 'x',
  reasons: ['r'],
});
const asked = [
  {
    name: 'rocks.canonical.com/cdk/calico/node:v3.21.4',
    value: 'rocks.canonical.com:443/cdk/calico/node:v3.21.4',
    reason: 'r',
    application: 'calico',
    option: 'calico-node-image',
  },
];
const NODE = resource('calico-node-image', 'calico-node-image.tar.gz', 0);
const calico = (arch: Arch, resources = [NODE]) => charmFact({ name: 'calico', arch, resources });

describe('T5: the node image of calico up to 1.27', () => {
  test('is made of the packed image under the text of the option', () => {
    const artifacts = resourceArtifacts({ charms: [calico('amd64')], asked, oci: [] }, [image('amd64')]);
    assert.deepEqual(
      artifacts.map(({ path, derived }) => [path, derived]),
      [
        [
          'resources/calico/calico-node-image/calico-node-image.tar.gz',
          { from: 'image', image: 'containers/cdk_calico_node_v3.21.4.tgz', reference: 'rocks.canonical.com:443/cdk/calico/node:v3.21.4' },
        ],
      ],
    );
  });
  test('of each architecture its own', () => {
    const artifacts = resourceArtifacts({ charms: [calico('arm64'), calico('amd64')], asked, oci: [] }, [image('amd64'), image('arm64', 'e')]);
    assert.deepEqual(
      artifacts.map(({ path, derived }) => [path, derived?.from === 'image' && derived.image]),
      [
        ['resources/calico/calico-node-image/calico-node-image.tar.gz', 'containers/cdk_calico_node_v3.21.4_arm64.tgz'],
        ['resources/calico/calico-node-image_amd64/calico-node-image.tar.gz', 'containers/cdk_calico_node_v3.21.4.tgz'],
      ],
    );
    const paths = (arch: Arch): string[] => [...resourcePaths(artifacts, 'calico', arch).values()];
    assert.deepEqual(paths('arm64'), ['resources/calico/calico-node-image/calico-node-image.tar.gz']);
    assert.deepEqual(paths('amd64'), ['resources/calico/calico-node-image_amd64/calico-node-image.tar.gz']);
  });
  test('stays what Charmhub has where the image is not packed', () => {
    const artifacts = resourceArtifacts({ charms: [calico('amd64')], asked, oci: [] }, []);
    assert.deepEqual(
      artifacts.map(({ size, derived }) => [size, derived]),
      [[0, undefined]],
    );
  });
});

describe('several architectures', () => {
  test('share a resource, but not where their releases name different revisions', () => {
    const of = (arch: Arch, revision: number) => calico(arch, [resource('cni', 'cni.tgz', 2_000_000, { revision })]);
    const paths = (...charms: ReturnType<typeof calico>[]) => resourceArtifacts({ charms, asked, oci: [] }, []).map(({ path }) => path);
    assert.deepEqual(paths(of('amd64', 1), of('arm64', 1)), ['resources/calico/cni/cni.tgz']);
    assert.deepEqual(paths(of('amd64', 1), of('arm64', 2)), ['resources/calico/cni/cni.tgz', 'resources/calico/cni_arm64/cni.tgz']);
  });
  test('an option that names the image of one of them is told for the others', () => {
    const rows = (arch: Arch): RegistryOptionRow[] => [
      { application: 'w', option: 'default-backend-image', form: 'image', value: `defaultbackend-${arch}:1.5` },
      { application: 'w', option: 'image-registry', form: 'registry', value: '' },
    ];
    assert.deepEqual(archWarnings(['arm64', 'amd64'], rows), [
      'application w: option default-backend-image is rendered as defaultbackend-arm64:1.5, for arm64; units of amd64 need defaultbackend-amd64:1.5',
    ]);
    assert.deepEqual(archWarnings(['amd64'], rows), []);
  });
  test('and every machine has its base for each', () =>
    assert.deepEqual(
      basesOf(
        [charmFact({ name: 'x' })],
        {
          machines: new Map([
            ['0', { series: 'focal' }],
            ['1', { base: 'ubuntu@24.04/stable' }],
            ['2', null],
          ]),
        },
        ['amd64', 'arm64'],
      ),
      [
        { base: 'ubuntu@20.04', arch: 'amd64' },
        { base: 'ubuntu@20.04', arch: 'arm64' },
        { base: 'ubuntu@22.04', arch: 'amd64' },
        { base: 'ubuntu@24.04', arch: 'amd64' },
        { base: 'ubuntu@24.04', arch: 'arm64' },
      ],
    ));
});

describe('oci-image resources', () => {
  const reference = `registry.jujucharms.com/charm/x/image@sha256:${'e'.repeat(64)}`;
  const oci = [{ application: 'coredns', resource: 'coredns-image', reference }];
  test('the file has the reference and no login', () => {
    const charm = charmFact({ name: 'coredns', resources: [resource('coredns-image', '', 200, { type: 'oci-image' })] });
    const [artifact] = resourceArtifacts({ charms: [charm], asked: [], oci }, []);
    const text = `{"ImageName":"${reference}"}\n`;
    assert.deepEqual(artifact?.derived, { from: 'text', text });
    assert.equal(artifact.path, 'resources/coredns/coredns-image/coredns-image.json');
    assert.deepEqual([artifact.size, artifact.digests[0]?.hex], [text.length, createHash('sha256').update(text).digest('hex')]);
  });
  test('the site’s reference takes its place', () => {
    const rows = resourceImageRows(oci);
    assert.deepEqual(rows, [{ application: 'coredns', option: 'coredns-image', form: 'resource-image', value: 'charm/x/image:sha256-eeeeeeeeeeee' }]);
    assert.deepEqual(
      [...bakedResources(rows, parseRegistry('http://reg.lan:5000'))],
      [['coredns', { 'coredns-image': 'reg.lan:5000/cdk/charm/x/image:sha256-eeeeeeeeeeee' }]],
    );
  });
});

describe('sizes that charms refuse', () => {
  const warningsFor = (...resources: ResourceRelease[]): string[] => sizeWarnings([charmFact({ name: 'x', resources })], shippedCatalogue());
  const rule = (name: string, size: number, why: string): string => `resource ${name} of charm x r7 (x) has ${size} bytes: ${why}`;
  test('easyrsa wants more than 10 KB', () => {
    assert.deepEqual(warningsFor(resource('easyrsa', 'easyrsa.tgz', 10240)), [rule('easyrsa', 10240, 'the charm wants more than 10 KB')]);
    assert.deepEqual(warningsFor(resource('easyrsa', 'easyrsa.tgz', 10241)), []);
  });
  test('binaries of networks want a million bytes', () => {
    assert.equal(warningsFor(resource('cni-amd64', 'cni.tgz', 0), resource('calico', 'calico.tar.gz', 999_999), resource('f', 'flannel.tar.gz', 1)).length, 3);
    assert.deepEqual(warningsFor(resource('cni-amd64', 'cni.tgz', 1_000_000)), []);
  });
  test('containerd may be empty, and is else at least 10 MB', () => {
    assert.deepEqual(warningsFor(resource('containerd', 'containerd.tgz', 0), resource('snapshot', 'snapshot.tar.gz', 0)), []);
    assert.equal(warningsFor(resource('containerd', 'containerd.tgz', 9_999_999)).length, 1);
  });
});
