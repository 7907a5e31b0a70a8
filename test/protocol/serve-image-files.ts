/** Images, laid out like an unpacked archive. */
import { crc32 } from 'node:zlib';
import { pack } from 'tar-stream';
import { type Files, manifest, sha256 } from './serve-fixture.ts';

/** A gzip whose blocks are stored, 65,535 bytes each (docs/archive-format.md). */
export function storedGzip(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from('1f8b08000000000000ff', 'hex')];
  for (let at = 0; at < bytes.length; at += 65_535) {
    const part = bytes.subarray(at, at + 65_535);
    const head = Buffer.alloc(5);
    head.writeUInt8(at + part.length === bytes.length ? 1 : 0, 0);
    head.writeUInt16LE(part.length, 1);
    head.writeUInt16LE(part.length ^ 0xffff, 3);
    parts.push(head, part);
  }
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(bytes), 0);
  tail.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...parts, tail]);
}

export async function tarOf(files: Files): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mtime: new Date(0) }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** Crosses three blocks of the gzip. */
export const LAYER = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
export const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
export const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
export const INDEX_TYPE = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const imageManifest = (config: Buffer, layer: Buffer): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest: `sha256:${sha256(config)}` },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: layer.length, digest: `sha256:${sha256(layer)}` }],
    }),
  );
export const PAUSE = imageManifest(CONFIG, LAYER);
export const OTHER_CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","other":true}');
export const OTHER = imageManifest(OTHER_CONFIG, LAYER);
export const INDEX = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: [{ mediaType: MANIFEST_TYPE, digest: `sha256:${sha256(PAUSE)}`, size: PAUSE.length, platform: { os: 'linux', architecture: 'amd64' } }],
  }),
);

export const imageFile = async (manifestBytes: Buffer, blobs: readonly Buffer[]): Promise<Buffer> =>
  storedGzip(
    await tarOf({
      'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
      'index.json': '{"schemaVersion":2}',
      'manifest.json': '[]',
      ...Object.fromEntries([manifestBytes, ...blobs].map((blob) => [`blobs/sha256/${sha256(blob)}`, blob])),
    }),
  );

const IMAGE_COLUMNS = 'image file digest media_type platform size index_digest targets'.replaceAll(' ', '\t');
export const imageTable = (rows: readonly (readonly (string | number)[])[]): string => [IMAGE_COLUMNS, ...rows.map((row) => row.join('\t')), ''].join('\n');

/** pause by index from rocks; calico/node of two hosts with one path and tag. */
export async function imageFiles(): Promise<Files> {
  const size = 1;
  return {
    'manifest.json': manifest([]),
    'containers/images.tsv': imageTable([
      [
        'rocks.canonical.com:443/cdk/pause:3.9',
        'containers/cdk_pause_3.9.tgz',
        `sha256:${sha256(PAUSE)}`,
        MANIFEST_TYPE,
        'linux/amd64',
        size,
        `sha256:${sha256(INDEX)}`,
        'pause:3.9,other/pause:3.9',
      ],
      ['docker.io/calico/node:v1', 'containers/calico_node_v1.tgz', `sha256:${sha256(PAUSE)}`, MANIFEST_TYPE, 'linux/amd64', size, '-', 'calico/node:v1'],
      ['quay.io/calico/node:v1', 'containers/calico_node_v1_2.tgz', `sha256:${sha256(OTHER)}`, MANIFEST_TYPE, 'linux/amd64', size, '-', 'calico/node:v1'],
    ]),
    'containers/cdk_pause_3.9.tgz': await imageFile(PAUSE, [CONFIG, LAYER]),
    'containers/calico_node_v1.tgz': await imageFile(PAUSE, [CONFIG, LAYER]),
    'containers/calico_node_v1_2.tgz': await imageFile(OTHER, [OTHER_CONFIG, LAYER]),
    [`sources/images/sha256-${sha256(INDEX)}.json`]: INDEX,
  };
}

/** The same images where they share one layout. */
export function layoutFiles(): Files {
  const blobs = Object.fromEntries([PAUSE, OTHER, CONFIG, OTHER_CONFIG, LAYER, INDEX].map((blob) => [`containers/blobs/sha256/${sha256(blob)}`, blob]));
  const row = (name: string, file: string, bytes: Buffer, index: string, target: string): (string | number)[] => [
    name,
    `containers/${file}.json`,
    `sha256:${sha256(bytes)}`,
    MANIFEST_TYPE,
    'linux/amd64',
    1,
    index,
    target,
  ];
  return {
    'manifest.json': manifest([]),
    'containers/images.tsv': imageTable([
      row(`h.io/cdk/pause:3.9@sha256:${sha256(INDEX)}`, 'cdk_pause_3.9', PAUSE, `sha256:${sha256(INDEX)}`, 'pause:3.9'),
      row('quay.io/calico/node:v1', 'calico_node_v1', OTHER, '-', 'calico/node:v1'),
    ]),
    'containers/cdk_pause_3.9.json': '[]',
    'containers/calico_node_v1.json': '[]',
    [`sources/images/sha256-${sha256(INDEX)}.json`]: INDEX,
    ...blobs,
  };
}
