/** Charms, resources and a bundle, laid out like an unpacked archive. */
import { storedZip } from '#src/serve/charmhub/stored-zip.js';
import { type Files, manifest, sha256 } from './serve-fixture.ts';

export const ETCD_ID = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345';
export const CONTROL_ID = 'ZbCdEfGhIjKlMnOpQrStUvWxYz012345';
export const BUNDLE_ID = 'BbCdEfGhIjKlMnOpQrStUvWxYz012345';

export const ETCD_METADATA = [
  'name: etcd',
  'summary: Deploy a fault tolerant database.',
  'resources:',
  '  core: {type: file, filename: core.snap, description: Snap package of core}',
  '  image: {type: oci-image, description: An image}',
  '',
].join('\n');
/** Its metadata and config stand in sources/, its actions only here. */
export const ETCD_CHARM = storedZip([{ name: 'actions.yaml', bytes: Buffer.from('backup: {}\n') }]);
/** Without a copy of its YAML in sources/. */
export const NEWER_ETCD_CHARM = storedZip([
  { name: 'metadata.yaml', bytes: Buffer.from('name: etcd\nsummary: newer\n') },
  { name: 'config.yaml', bytes: Buffer.from('options: {}\n') },
]);
export const BUNDLE = ['name: charmed-kubernetes', 'applications:', '  etcd:', '    charm: etcd', '    channel: 1.26/stable', ''].join('\n');

const charmRow = (name: string, id: string, revision: number, channel: string, bytes: Buffer, more: object = {}): object => ({
  kind: 'charm',
  name,
  id,
  revision,
  version: String(revision),
  channel,
  bases: ['ubuntu@22.04'],
  path: `charms/${name}_r${revision}.charm`,
  size: bytes.length,
  digests: { sha256: sha256(bytes) },
  source: `https://api.charmhub.io/api/v1/charms/download/${id}_${revision}.charm`,
  signer: 'charmhub (TLS)',
  verified: true,
  reasons: ['test'],
  ...more,
});

const resourceRow = (resource: string, filename: string, revision: number, bytes: Buffer): object => ({
  kind: 'resource',
  name: `etcd/${resource}`,
  application: 'etcd',
  charm: 'etcd',
  resource,
  filename,
  revision,
  version: String(revision),
  path: `resources/etcd/${resource}/${filename}`,
  size: bytes.length,
  digests: { sha256: sha256(bytes) },
  source: 'https://api.charmhub.io/api/v1/resources/download/x',
  signer: 'charmhub (TLS)',
  verified: true,
  reasons: ['test'],
});

const ARM_CHARM = Buffer.from('control plane for arm64');
const AMD_CHARM = Buffer.from('control plane for amd64');
export const IMAGE_RESOURCE = Buffer.from('{"ImageName":"registry.example/x@sha256:0"}');

/** etcd on two tracks, a control plane with one revision an architecture, a bundle. */
export const charmFiles = (): Files => ({
  'manifest.json': manifest(
    [
      charmRow('etcd', ETCD_ID, 718, '1.26/stable', ETCD_CHARM),
      charmRow('etcd', ETCD_ID, 740, '1.27/candidate', NEWER_ETCD_CHARM),
      charmRow('kubernetes-control-plane', CONTROL_ID, 301, '1.29/stable', AMD_CHARM, { arch: 'amd64' }),
      charmRow('kubernetes-control-plane', CONTROL_ID, 302, '1.29/stable', ARM_CHARM, {
        arch: 'arm64',
        path: 'charms/kubernetes-control-plane_r302_arm64.charm',
      }),
      resourceRow('core', 'core.snap', 0, Buffer.alloc(0)),
      resourceRow('image', 'image.json', 4, IMAGE_RESOURCE),
    ],
    { bundle: { name: 'charmed-kubernetes', id: BUNDLE_ID, revision: 1061, channel: '1.26/stable' } },
  ),
  'bundle.orig.yaml': BUNDLE,
  'charms/etcd_r718.charm': ETCD_CHARM,
  'charms/etcd_r740.charm': NEWER_ETCD_CHARM,
  'charms/kubernetes-control-plane_r301.charm': AMD_CHARM,
  'charms/kubernetes-control-plane_r302_arm64.charm': ARM_CHARM,
  'resources/etcd/core/core.snap': '',
  'resources/etcd/image/image.json': IMAGE_RESOURCE,
  'sources/charms/etcd_r718/metadata.yaml': ETCD_METADATA,
  'sources/charms/etcd_r718/config.yaml': 'options:\n  channel: {type: string, default: auto}\n',
  'sources/charms/kubernetes-control-plane_r301/metadata.yaml': 'name: kubernetes-control-plane\n',
  'sources/charms/kubernetes-control-plane_r302_arm64/metadata.yaml': 'name: kubernetes-control-plane\n',
});
