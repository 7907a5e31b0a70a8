/** A tree with the real kit and three images: one for two architectures, one that is pinned to its index, one that is neither; files and tables made by the product. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { imageFile } from '#src/assemble/image-file.js';
import { ociPlatform, type Arch } from '#src/domain/arch.js';
import type { Descriptor, ImageArtifact, ImageChild, WholeIndex } from '#src/domain/artifact.js';
import { formatDigest, parseDigest } from '#src/domain/digest.js';
import { imageBlobs } from '#src/domain/image-blobs.js';
import { dockerDocument } from '#src/domain/image-documents.js';
import { loadedName, parseImageRef } from '#src/domain/image-ref.js';
import { layoutBlobs, layoutPath } from '#src/domain/layout.js';
import { imagesTable } from '#src/recipes/images-table.js';
import { layoutFiles, placeImages } from '#src/recipes/layout-files.js';
import { siteIndexFiles } from '#src/recipes/site-index-files.js';
import { layerTar } from '../../scripts/world/layer-tar.ts';
import { buildKitArchive, type KitArchive } from './kit-archive.ts';

const OCI = 'application/vnd.oci.image.';
const INDEX_TYPE = `${OCI}index.v1+json`;
const MANIFEST_TYPE = `${OCI}manifest.v1+json`;
const LAYER_TYPE = `${OCI}layer.v1.tar+gzip`;

export interface IndexedArchive extends KitArchive {
  readonly artifacts: readonly ImageArtifact[];
  /** By the path of its repository and its tag, the digest that a tag answers. */
  readonly tags: Readonly<Record<string, string>>;
  /** The index that `agent` is pinned to. */
  readonly pinned: WholeIndex;
  /** Of the blobs on disk. */
  readonly blobPath: (digest: Descriptor['digest']) => string;
}

export async function indexedArchive(format?: 'layout'): Promise<IndexedArchive> {
  const archive = buildKitArchive({ images: [] });
  const folder = join(archive.beside, 'blobs');
  mkdirSync(folder);
  const blobPath = ({ hex }: Descriptor['digest']): string => join(folder, hex);
  const put = (mediaType: string, content: Buffer | object): Descriptor => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    writeFileSync(blobPath(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const child = (name: string, arch: Arch): ImageChild => childOf(name, arch, put);
  const [agent, armAgent] = [child('agent', 'amd64'), child('agent', 'arm64')];
  const pinned = indexOf([agent, armAgent], attestationOf(put), put);
  const pin = formatDigest(pinned.index.digest);
  const artifacts = placeImages(
    [
      artifactOf(`quay.io/site/agent:v1@${pin}`, 'amd64', agent, pinned),
      artifactOf('rocks.canonical.com/cdk/pause:3.9', 'amd64', child('pause', 'amd64')),
      artifactOf('rocks.canonical.com/cdk/proxy:2', 'amd64', child('proxy', 'amd64')),
      artifactOf('rocks.canonical.com/cdk/proxy:2', 'arm64', child('proxy', 'arm64')),
    ],
    format,
  );
  for (const artifact of artifacts) {
    const { name, path, platform, manifest, config, layers, whole } = artifact;
    const content = { manifest, config, layers, ...(whole !== undefined && { whole }) };
    const { tag = '' } = parseImageRef(name);
    const file = imageFile({ ...content, reference: name, tag, platform, blobPath });
    if (format === undefined) archive.put(path, Buffer.concat(await file.stream(AbortSignal.timeout(60_000)).toArray()));
    else archive.put(path, dockerDocument(loadedName(parseImageRef(name), manifest.digest), artifact));
  }
  const tables = [imagesTable(artifacts), ...siteIndexFiles(artifacts, format), ...layoutFiles(artifacts, format)];
  for (const { digest } of layoutBlobs({ artifacts, files: tables })) archive.put(layoutPath(digest), readFileSync(blobPath(digest)));
  archive.put(`sources/images/sha256-${pinned.index.digest.hex}.json`, readFileSync(blobPath(pinned.index.digest)));
  for (const { path, text } of tables) archive.put(path, text);
  archive.seal();
  const made = tables.find(({ text }) => text.startsWith('{"schemaVersion":2') && text.includes('"arm64"') && !text.includes('annotations'))?.text ?? '';
  const tags = {
    'site/agent:v1': pin,
    'pause:3.9': formatDigest(artifacts[1]?.manifest.digest ?? pinned.index.digest),
    'proxy:2': `sha256:${createHash('sha256').update(made).digest('hex')}`,
  };
  return { ...archive, artifacts, tags, pinned, blobPath };
}

type Put = (mediaType: string, content: Buffer | object) => Descriptor;

const plain = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, digest: formatDigest(digest), size });

/** Images of one architecture share their lower layer. */
function childOf(name: string, arch: Arch, put: Put): ImageChild {
  const { os, architecture } = ociPlatform(arch);
  const tars = [`base for ${arch}`, `${name} for ${arch}`].map((text) => layerTar([{ path: text.replaceAll(' ', '-'), bytes: Buffer.from(text.repeat(500)) }]));
  const layers = tars.map((tar) => put(LAYER_TYPE, gzipSync(tar)));
  const rootfs = { type: 'layers', diff_ids: tars.map((tar) => `sha256:${createHash('sha256').update(tar).digest('hex')}`) };
  const config = put(`${OCI}config.v1+json`, { architecture, os, config: {}, rootfs });
  return { manifest: put(MANIFEST_TYPE, manifestOf(config, layers)), config, layers };
}

/** What buildx puts beside an image. */
function attestationOf(put: Put): ImageChild {
  const layers = [put('application/vnd.in-toto+json', { _type: 'https://in-toto.io/Statement/v0.1' })];
  const config = put(`${OCI}config.v1+json`, { architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: [] } });
  return { manifest: put(MANIFEST_TYPE, manifestOf(config, layers)), config, layers };
}

const manifestOf = (config: Descriptor, layers: readonly Descriptor[]): object => ({
  schemaVersion: 2,
  mediaType: MANIFEST_TYPE,
  config: plain(config),
  layers: layers.map(plain),
});

function indexOf(images: readonly [ImageChild, ImageChild], attestation: ImageChild, put: Put): WholeIndex {
  const [amd64, arm64] = images;
  const manifests = [
    { ...plain(amd64.manifest), platform: { architecture: 'amd64', os: 'linux' } },
    { ...plain(arm64.manifest), platform: { architecture: 'arm64', os: 'linux' } },
    {
      ...plain(attestation.manifest),
      platform: { architecture: 'unknown', os: 'unknown' },
      annotations: { 'vnd.docker.reference.digest': formatDigest(amd64.manifest.digest), 'vnd.docker.reference.type': 'attestation-manifest' },
    },
  ];
  return { index: put(INDEX_TYPE, { schemaVersion: 2, mediaType: INDEX_TYPE, manifests }), children: [...images, attestation] };
}

function artifactOf(name: string, arch: Arch, image: ImageChild, whole?: WholeIndex): ImageArtifact {
  const { host, path, tag = '' } = parseImageRef(name);
  const content = { ...image, ...(whole !== undefined && { whole }) };
  return {
    kind: 'image',
    name,
    version: tag,
    arch,
    platform: ociPlatform(arch),
    repository: `${host}/${path}`,
    ...content,
    ...(whole !== undefined && { index: whole.index.digest }),
    targets: [`${path.replace(/^cdk\//, '')}:${tag}`],
    path: `containers/${path.replaceAll('/', '_')}_${tag}${arch === 'amd64' ? '' : `_${arch}`}.tgz`,
    size: imageBlobs(content).reduce((sum, { size }) => sum + size, 0),
    digests: [image.manifest.digest],
    source: `${host}/${path}`,
    reasons: ['a test'],
  };
}
