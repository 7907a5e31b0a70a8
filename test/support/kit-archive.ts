/** A tiny archive tree of literal bytes around the real kit: what the far side unpacks. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const KIT = join(import.meta.dirname, '../../../kit');
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const TAR_LIMIT = 2 ** 28;

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

export interface KitImage {
  readonly image: string;
  readonly targets: string;
  /** Texts of the layers' one file each. */
  readonly layers: readonly string[];
  readonly file?: string;
  readonly digest?: string;
  readonly mediaType?: string;
}

export interface KitOptions {
  readonly images?: readonly KitImage[];
  readonly options?: readonly (readonly [application: string, option: string, form: string, value: string])[];
  readonly archive?: Readonly<Record<string, string>>;
  readonly snaps?: readonly (readonly string[])[];
  /** When it was packed. */
  readonly created?: string;
  /** False for an archive of images alone. */
  readonly bundle?: false;
  readonly files?: Readonly<Record<string, string>>;
  /** Name of the top directory. */
  readonly top?: string;
}

export interface PackedImage {
  readonly image: string;
  readonly digest: string;
  readonly targets: string;
  /** Hex digests of config and layers. */
  readonly blobs: readonly string[];
  readonly config: string;
}

export interface KitArchive {
  readonly root: string;
  /** A directory of its own for HOME, stand-ins and other things beside the tree. */
  readonly beside: string;
  readonly images: readonly PackedImage[];
  put(path: string, bytes: Buffer | string): void;
  /** Writes SHA256SUMS anew. */
  seal(): void;
  /** Every file with its SHA-256: two equal answers are two equal trees. */
  snapshot(): Record<string, string>;
  remove(): void;
}

export const PAUSE: KitImage = { image: 'rocks.canonical.com:443/cdk/pause:3.9', targets: 'pause:3.9', layers: ['pause', 'base of all'] };
export const COREDNS: KitImage = {
  image: 'registry.k8s.io/coredns/coredns:v1.9.4',
  targets: 'coredns/coredns:v1.9.4,coredns:v1.9.4',
  layers: ['base of all', 'dns'],
};

export const REGISTRY_OPTIONS = [
  ['containerd', 'custom_registries', 'custom-registries', '-'],
  ['kubernetes-control-plane', 'image-registry', 'registry', '-'],
  ['calico', 'calico-policy-image', 'image', 'calico/kube-controllers:v3.21.4'],
] as const;

export function buildKitArchive(options: KitOptions = {}): KitArchive {
  const beside = mkdtempSync(join(tmpdir(), 'kit-test-'));
  const root = join(beside, options.top ?? 'charmed-kubernetes-1.26');
  mkdirSync(root);
  const put = (path: string, bytes: Buffer | string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  };
  copyKit(root);
  const images = (options.images ?? [PAUSE, COREDNS]).map((image) => packImage(image, beside, put));
  put(
    'containers/images.tsv',
    table(
      'image file digest media_type platform size index_digest targets',
      images.map((image) => image.row),
    ),
  );
  const facts = {
    name: 'charmed-kubernetes',
    track: '1.26',
    channel: '1.26/stable',
    archs: 'amd64',
    trust: 'yes',
    juju_min: '2.9',
    base: 'ubuntu@22.04',
  };
  put('kit/data/archive.tsv', table('key value', Object.entries({ ...facts, ...options.archive })));
  if (options.bundle !== false) put('kit/data/registry-options.tsv', table('application option form value', options.options ?? REGISTRY_OPTIONS));
  if (options.snaps !== undefined)
    put('snaps/snaps.tsv', table('name revision arch channel base type confinement order file assert sha3_384 size', options.snaps));
  put('manifest.json', `${JSON.stringify({ artifacts: [], created: options.created ?? '2024-11-21T00:00:00Z', format: 'shrinkwrap-archive/1' }, null, 2)}\n`);
  if (options.bundle !== false) put('bundle.yaml', 'applications: {}\n');
  for (const [path, text] of Object.entries(options.files ?? {})) put(path, text);
  // But for the log, which every command that changes something leaves.
  const snapshot = (): Record<string, string> =>
    Object.fromEntries(
      filesOf(root)
        .filter((path) => path !== 'deploy.log')
        .map((path) => [path, sha256(readFileSync(join(root, path)))]),
    );
  const seal = (): void => {
    const lines = Object.entries(snapshot())
      .filter(([path]) => path !== 'SHA256SUMS')
      .map(([path, hex]) => `${hex}  ${path}\n`);
    put('SHA256SUMS', lines.join(''));
  };
  seal();
  return { root, beside, images, put, seal, snapshot, remove: () => rmSync(beside, { recursive: true, force: true }) };
}

const table = (header: string, rows: readonly (readonly string[])[]): string => [header.split(' '), ...rows].map((row) => `${row.join('\t')}\n`).join('');

const filesOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();

function copyKit(root: string): void {
  mkdirSync(join(root, 'kit'), { recursive: true });
  for (const name of readdirSync(KIT).filter((entry) => /\.(?:sh|awk)$/.test(entry))) {
    const to = join(root, name === 'deploy.sh' ? name : `kit/${name}`);
    copyFileSync(join(KIT, name), to);
    chmodSync(to, 0o755);
  }
}

/** An image file as docs/archive-format.md has it, of real gzip'd tars. */
function packImage(image: KitImage, beside: string, put: (path: string, bytes: Buffer) => void): PackedImage & { row: string[] } {
  const dir = mkdtempSync(join(beside, 'image-'));
  const blobs = join(dir, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const blob = (bytes: Buffer): { digest: string; size: number } => {
    writeFileSync(join(blobs, sha256(bytes)), bytes);
    return { digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  const tars = image.layers.map((text) => tarOf('file', text, dir));
  const layers = tars.map((tar) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob(gzipSync(tar)) }));
  const rootfs = { type: 'layers', diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) };
  const configBytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }));
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob(configBytes) };
  // An annotation with a digest that is no blob of this image, as real manifests have.
  const annotations = { 'org.opencontainers.image.base.digest': `sha256:${'a'.repeat(64)}` };
  const manifestBytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers, annotations }, null, 2));
  const manifest = { mediaType: MANIFEST_TYPE, ...blob(manifestBytes) };
  const descriptor = {
    ...manifest,
    annotations: { 'io.containerd.image.name': image.image, 'org.opencontainers.image.ref.name': image.image.split(':').at(-1) },
  };
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
  // The form of docker save, whose layers point at the blobs.
  const docker = { Config: blobOf(config), RepoTags: [image.image], Layers: layers.map(blobOf) };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify([docker]));
  const hexes = [config, ...layers].map(({ digest }) => digest.slice('sha256:'.length));
  const members = ['oci-layout', 'index.json', 'manifest.json', ...[manifest.digest.slice(7), ...new Set(hexes)].map((hex) => `blobs/sha256/${hex}`)];
  const file = image.file ?? `containers/${image.targets.split(',')[0]?.replaceAll(/[/:]/g, '_')}.tgz`;
  put(file, gzipSync(execFileSync('tar', ['-cf', '-', '-C', dir, '--', ...members], { maxBuffer: TAR_LIMIT })));
  const size = manifest.size + config.size + layers.reduce((sum, layer) => sum + layer.size, 0);
  const digest = image.digest ?? manifest.digest;
  const row = [image.image, file, digest, image.mediaType ?? MANIFEST_TYPE, 'linux/amd64', String(size), '-', image.targets];
  return { image: image.image, digest, targets: image.targets, blobs: hexes, config: config.digest, row };
}

const blobOf = ({ digest }: { digest: string }): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

function tarOf(name: string, text: string, dir: string): Buffer {
  writeFileSync(join(dir, name), text);
  return execFileSync('tar', ['-cf', '-', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-C', dir, '--', name], { maxBuffer: TAR_LIMIT });
}
