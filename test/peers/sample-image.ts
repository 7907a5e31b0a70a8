/** A small image made of literal bytes, packed by imageFile() as the archive has it. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { imageFile } from '#src/assemble/image-file.js';
import { TAR_END, tarHeader, tarPadding } from '#src/assemble/tar-header.js';
import type { Descriptor } from '#src/domain/artifact.js';
import { parseDigest } from '#src/domain/digest.js';

export interface SampleImage {
  /** The `.tgz`. */
  readonly file: string;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Every blob, the manifest among them, by hex. */
  readonly blobs: ReadonlyMap<string, Buffer>;
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function layerTar(name: string, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([tarHeader(name, bytes.length), bytes, Buffer.alloc(tarPadding(bytes.length)), TAR_END]);
}

/** Two layers, in OCI's media types or docker's; the layers are gzip, as registries serve them. */
export async function sampleImage(directory: string, reference: string, form: 'oci' | 'docker' = 'oci'): Promise<SampleImage> {
  const oci = form === 'oci';
  const blobs = new Map<string, Buffer>();
  const put = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = parseDigest(sha256(bytes));
    blobs.set(digest.hex, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const tars = [layerTar('etc/motd', `hello from ${form}\n`), layerTar('etc/other', 'second\n'.repeat(1000))];
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: { Cmd: ['/bin/nothing'] },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
    history: tars.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'literal bytes' })),
  };
  const layers = tars.map((tar) =>
    put(oci ? 'application/vnd.oci.image.layer.v1.tar+gzip' : 'application/vnd.docker.image.rootfs.diff.tar.gzip', gzipSync(tar)),
  );
  const configType = oci ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.docker.container.image.v1+json';
  const configBlob = put(configType, Buffer.from(JSON.stringify(config)));
  const mediaType = oci ? 'application/vnd.oci.image.manifest.v1+json' : 'application/vnd.docker.distribution.manifest.v2+json';
  const plain = ({ digest, ...rest }: Descriptor): unknown => ({ ...rest, digest: `sha256:${digest.hex}` });
  // Indented, so that a tool that writes the manifest anew changes the digest.
  const manifest = put(mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: plain(configBlob), layers: layers.map(plain) }, null, 3)));
  return { file: await pack(directory, reference, { manifest, config: configBlob, layers, blobs }), manifest, config: configBlob, layers, blobs };
}

async function pack(directory: string, reference: string, image: Omit<SampleImage, 'file'>): Promise<string> {
  await mkdir(join(directory, 'blobs'), { recursive: true });
  for (const [hex, bytes] of image.blobs) await writeFile(join(directory, 'blobs', hex), bytes);
  const tag = reference.slice(reference.lastIndexOf(':') + 1);
  const platform = { os: 'linux', architecture: 'amd64' };
  const packed = imageFile({ ...image, reference, tag, platform, blobPath: ({ hex }) => join(directory, 'blobs', hex) });
  const file = join(directory, 'image.tgz');
  await pipeline(packed.stream(AbortSignal.timeout(10_000)), createWriteStream(file));
  return file;
}
