/** A tiny image: config, a layer that several images share, a layer of its own, manifests for the common architectures, an index over them. */
import { createHash } from 'node:crypto';
import { type Arch, type Platform, ociPlatform } from '#src/domain/arch.js';
import type { Descriptor, WholeIndex } from '#src/domain/artifact.js';
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
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer; readonly whole: WholeIndex };
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

type Store = (bytes: Buffer, mediaType: string) => Descriptor;

/** `only` for a name that carries its architecture: a plain manifest of docker's old kind. */
export async function buildImage(name: string, only?: Arch): Promise<BuiltImage> {
  const blobs = new Map<string, Buffer>();
  const store: Store = (bytes, mediaType) => {
    const descriptor = describe(bytes, mediaType);
    blobs.set(descriptor.digest.hex, bytes);
    return descriptor;
  };
  if (only !== undefined) return { children: [await buildChild(name, only, DOCKER, store)], blobs };
  const types = numberFrom(name, 0, 4) === 0 ? DOCKER : OCI;
  const children = await Promise.all(INDEX_ARCHS.map((arch) => buildChild(name, arch, types, store)));
  const proofs = types === OCI ? attestations(children, store) : [];
  const bytes = indexBytes(children, proofs, types);
  const descriptor = store(bytes, types.index);
  return { children, blobs, index: { descriptor, bytes, whole: { index: descriptor, children: [...children, ...proofs].map(partsOf) } } };
}

const partsOf = ({ manifest, config, layers }: WholeIndex['children'][number]): WholeIndex['children'][number] => ({ manifest, config, layers });

const sha256 = (bytes: Buffer): Digest => digest('sha256', createHash('sha256').update(bytes).digest('hex'));
const describe = (bytes: Buffer, mediaType: string): Descriptor => ({ mediaType, digest: sha256(bytes), size: bytes.length });
const plain = ({ mediaType, digest: found, size }: Descriptor): object => ({ mediaType, digest: formatDigest(found), size });
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 2));

async function buildChild(name: string, arch: Arch, types: MediaTypes, store: Store): Promise<ImageChild> {
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

function indexBytes(children: readonly ImageChild[], proofs: readonly Attestation[], types: MediaTypes): Buffer {
  const rows = children.map(({ manifest, platform }) => ({ ...plain(manifest), platform }));
  const others = proofs.map(({ manifest, of }) => ({
    ...plain(manifest),
    annotations: { 'vnd.docker.reference.digest': of, 'vnd.docker.reference.type': 'attestation-manifest' },
    platform: { architecture: 'unknown', os: 'unknown' },
  }));
  return json({ schemaVersion: 2, mediaType: types.index, manifests: [...rows, ...others] });
}

type Attestation = WholeIndex['children'][number] & { readonly of: string };

/** What buildx adds: no image, and for no platform that exists (facts/oci.md 4.5). */
function attestations([first]: readonly ImageChild[], store: Store): Attestation[] {
  if (first === undefined) return [];
  const of = formatDigest(first.manifest.digest);
  const layer = store(
    json({ _type: 'https://in-toto.io/Statement/v0.1', subject: [{ digest: { sha256: first.manifest.digest.hex } }] }),
    'application/vnd.in-toto+json',
  );
  const rootfs = { type: 'layers', diff_ids: [formatDigest(layer.digest)] };
  const config = store(json({ architecture: 'unknown', os: 'unknown', config: {}, rootfs }), OCI.config);
  const manifest = store(json({ schemaVersion: 2, mediaType: OCI.manifest, config: plain(config), layers: [plain(layer)] }), OCI.manifest);
  return [{ manifest, config, layers: [layer], of }];
}
