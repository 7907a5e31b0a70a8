/** A tiny image: config, a layer that several images share, a layer of its own, manifests for the common architectures, an index over them. */
import { createHash } from 'node:crypto';
import { type Arch, type Platform, ociPlatform } from '#src/domain/arch.js';
import type { Descriptor } from '#src/domain/artifact.js';
import { type Digest, digest, formatDigest } from '#src/domain/digest.js';
import { numberFrom } from './identity.ts';
import { layerTar } from './layer-tar.ts';
import { fillerBytes } from './resource-bytes.ts';
import { storedGzipOf } from './stored-gzip-of.ts';

export interface ImageChild {
  readonly arch: Arch;
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface BuiltImage {
  readonly children: readonly ImageChild[];
  /** Absent for a name that carries its architecture. */
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** Manifests, configs and layers by the hex of their SHA-256. */
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/** Indexes list these, whatever the world was asked for: a real one lists more than a mirror has. */
export const INDEX_ARCHS: readonly Arch[] = ['amd64', 'arm64', 'ppc64el', 's390x'];

interface MediaTypes {
  readonly index: string;
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}

const OCI: MediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};
const DOCKER: MediaTypes = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};
/** How many different lower layers the images of one architecture stand on. */
const SHARED_LAYERS = 3;
const CREATED = '2026-01-01T00:00:00Z';

/** `only` for a name that carries its architecture: a plain manifest of docker's old kind. */
export async function buildImage(name: string, only?: Arch): Promise<BuiltImage> {
  const blobs = new Map<string, Buffer>();
  const store = (bytes: Buffer, mediaType: string): Descriptor => {
    const descriptor = describe(bytes, mediaType);
    blobs.set(descriptor.digest.hex, bytes);
    return descriptor;
  };
  if (only !== undefined) return { children: [await buildChild(name, only, DOCKER, store)], blobs };
  const types = numberFrom(name, 0, 4) === 0 ? DOCKER : OCI;
  const children = await Promise.all(INDEX_ARCHS.map((arch) => buildChild(name, arch, types, store)));
  const bytes = indexBytes(children, types);
  return { children, blobs, index: { descriptor: describe(bytes, types.index), bytes } };
}

const sha256 = (bytes: Buffer): Digest => digest('sha256', createHash('sha256').update(bytes).digest('hex'));
const describe = (bytes: Buffer, mediaType: string): Descriptor => ({ mediaType, digest: sha256(bytes), size: bytes.length });
const plain = ({ mediaType, digest: found, size }: Descriptor): object => ({ mediaType, digest: formatDigest(found), size });
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 2));

async function buildChild(name: string, arch: Arch, types: MediaTypes, store: (bytes: Buffer, mediaType: string) => Descriptor): Promise<ImageChild> {
  const platform = ociPlatform(arch);
  const shared = layerTar([{ path: 'etc/os-release', bytes: Buffer.from(`ID=world\nVERSION_ID=${numberFrom(name, 1, SHARED_LAYERS)}\nARCH=${arch}\n`) }]);
  const own = layerTar([
    { path: 'usr/share/image/name', bytes: Buffer.from(`${name} ${arch}\n`) },
    { path: 'usr/share/image/data', bytes: fillerBytes(`${name} ${arch}`, numberFrom(name, 512, 4096)) },
  ]);
  const layers = await Promise.all([shared, own].map(async (tar) => store(await storedGzipOf(tar), types.layer)));
  const config = store(configBytes(name, platform, [shared, own]), types.config);
  const document = { schemaVersion: 2, mediaType: types.manifest, config: plain(config), layers: layers.map(plain) };
  return { arch, platform, manifest: store(json(document), types.manifest), config, layers };
}

const configBytes = (name: string, { os, architecture, variant }: Platform, tars: readonly Buffer[]): Buffer =>
  json({
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    created: CREATED,
    config: { Env: ['PATH=/usr/bin'], Labels: { 'org.opencontainers.image.title': name } },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => formatDigest(sha256(tar))) },
    history: tars.map((_, index) => ({ created: CREATED, created_by: `layer ${index}` })),
  });

function indexBytes(children: readonly ImageChild[], types: MediaTypes): Buffer {
  const rows = children.map(({ manifest, platform }) => ({ ...plain(manifest), platform }));
  return json({ schemaVersion: 2, mediaType: types.index, manifests: types === OCI ? [...rows, ...attestations(children)] : rows });
}

/** What buildx adds: no image, and no platform that exists (facts/oci.md). */
function attestations([first]: readonly ImageChild[]): object[] {
  if (first === undefined) return [];
  const of = formatDigest(first.manifest.digest);
  const bytes = json({ schemaVersion: 2, mediaType: OCI.manifest, annotations: { of } });
  return [
    {
      ...plain(describe(bytes, OCI.manifest)),
      annotations: { 'vnd.docker.reference.digest': of, 'vnd.docker.reference.type': 'attestation-manifest' },
      platform: { architecture: 'unknown', os: 'unknown' },
    },
  ];
}
