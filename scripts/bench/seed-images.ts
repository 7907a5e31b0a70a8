/** Images with shared layers in a registry: true gzipped tars of random bytes, so that every engine takes them and nobody can compress them. */
import { createHash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { TAR_END, tarHeader, tarPadding } from '#src/assemble/tar-header.js';

export interface Recipe {
  readonly images: number;
  /** Layers that several images stand on, and how many each takes of them. */
  readonly bases: { readonly count: number; readonly mib: number; readonly each: number };
  /** The layer that an image has for itself. */
  readonly ownMib: number;
}

export interface SeededImages {
  /** HOST:PORT/bench/image-N:v1. */
  readonly names: readonly string[];
  /** Every blob once, as an address. */
  readonly blobs: readonly string[];
  /** Bytes of the blobs, each once. */
  readonly bytes: number;
  /** Bytes with every blob counted in every image that has it. */
  readonly expanded: number;
}

interface Blob {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  /** Digest of the tar inside it. */
  readonly diffId: string;
}

const TYPE = 'application/vnd.oci.image';
const MIB = 1 << 20;
const FIRST = 'bench/image-0';

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function seedImages(address: string, { images, bases, ownMib }: Recipe): Promise<SeededImages> {
  const base = `http://${address}`;
  const places = new Map<string, { repository: string; size: number }>();
  const put = async (repository: string, mediaType: string, bytes: Buffer, diffId = ''): Promise<Blob> => {
    const digest = sha256(bytes);
    places.set(digest, { repository, size: bytes.length });
    await upload(`${base}/v2/${repository}/blobs/uploads/`, digest, bytes);
    return { descriptor: { mediaType, digest, size: bytes.length }, diffId };
  };
  const layer = async (repository: string, mib: number): Promise<Blob> => {
    const tar = tarOf(randomBytes(Math.round(mib * MIB)));
    // Nothing can compress random bytes: trying would only take time.
    return put(repository, `${TYPE}.layer.v1.tar+gzip`, await promisify(gzip)(tar, { level: 0 }), sha256(tar));
  };
  const shared: Blob[] = [];
  for (let index = 0; index < bases.count; index += 1) shared.push(await layer(FIRST, bases.mib));
  const names: string[] = [];
  let expanded = 0;
  for (let index = 0; index < images; index += 1) {
    const repository = `bench/image-${index}`;
    const lower = Array.from({ length: bases.each }, (_, offset) => shared[(index + offset) % shared.length]).filter((one) => one !== undefined);
    for (const { descriptor } of index === 0 ? [] : lower)
      await send('POST', `${base}/v2/${repository}/blobs/uploads/?mount=${descriptor.digest}&from=${FIRST}`);
    const layers = [...lower, await layer(repository, ownMib)];
    const rootfs = { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) };
    const config = await put(repository, `${TYPE}.config.v1+json`, Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs })));
    const document = { schemaVersion: 2, mediaType: `${TYPE}.manifest.v1+json`, config: config.descriptor, layers: layers.map(({ descriptor }) => descriptor) };
    await send('PUT', `${base}/v2/${repository}/manifests/v1`, Buffer.from(JSON.stringify(document)), document.mediaType);
    names.push(`${address}/${repository}:v1`);
    expanded += [config, ...layers].reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  }
  const blobs = [...places].map(([digest, { repository }]) => `${base}/v2/${repository}/blobs/${digest}`);
  return { names, blobs, bytes: [...places.values()].reduce((sum, { size }) => sum + size, 0), expanded };
}

const tarOf = (bytes: Buffer): Buffer => Buffer.concat([tarHeader('data', bytes.length), bytes, Buffer.alloc(tarPadding(bytes.length)), TAR_END]);

async function upload(address: string, digest: string, bytes: Buffer): Promise<void> {
  const opened = await send('POST', address);
  const place = new URL(opened.headers.get('location') ?? '', address);
  place.searchParams.set('digest', digest);
  await send('PUT', place.href, bytes);
}

async function send(method: string, url: string, bytes?: Buffer, type = 'application/octet-stream'): Promise<Response> {
  const body = bytes === undefined ? {} : { body: new Uint8Array(bytes) };
  const answer = await fetch(url, { method, headers: { 'content-type': type }, ...body });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
