/** Images that share one layout: its documents, and what verify sees of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { requestFromValues } from '#src/cli/request-from-values.js';
import { readValues } from '#src/cli/values.js';
import { ociPlatform, type Arch } from '#src/domain/arch.js';
import type { Descriptor, ImageArtifact, ImageChild } from '#src/domain/artifact.js';
import { digest, formatDigest } from '#src/domain/digest.js';
import { dockerDocument } from '#src/domain/image-documents.js';
import { layoutBlobs, layoutPath } from '#src/domain/layout.js';
import { checkImages } from '#src/pipeline/verify/check-images.js';
import type { ListedArtifact } from '#src/pipeline/verify/check-manifest.js';
import { digestFile, type FoundFile } from '#src/pipeline/verify/digest-files.js';
import { createFindings } from '#src/pipeline/verify/findings.js';
import { layoutFiles, placeImages } from '#src/recipes/layout-files.js';
import { siteIndexFiles } from '#src/recipes/site-index-files.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const { signal } = new AbortController();

/** Real blobs by hex, so that they can be verified. */
const BLOBS = new Map<string, Buffer>();
function put(mediaType: string, content: object | string): Descriptor {
  const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  const hex = createHash('sha256').update(bytes).digest('hex');
  BLOBS.set(hex, bytes);
  return { mediaType, digest: digest('sha256', hex), size: bytes.length };
}
const plain = ({ mediaType, digest: found, size }: Descriptor): object => ({ mediaType, digest: formatDigest(found), size });
function child(name: string): ImageChild {
  const [config, layers] = [put('config', { name }), ['shared layer', `layer of ${name}`].map((text) => put('layer', text))];
  return { manifest: put(MANIFEST, { schemaVersion: 2, config: plain(config), layers: layers.map(plain) }), config, layers };
}
const image = (name: string, arch: Arch, content: ImageChild & Pick<ImageArtifact, 'whole'>, target: string): ImageArtifact => ({
  kind: 'image',
  name,
  version: '1',
  arch,
  platform: ociPlatform(arch),
  repository: 'h/x',
  ...content,
  ...(content.whole !== undefined && { index: content.whole.index.digest }),
  targets: [target],
  path: `containers/${target.replace(':', '_')}_${arch}.tgz`,
  size: 1,
  digests: [content.manifest.digest],
  source: 'h/x',
  reasons: ['a test'],
});

const [agent, armAgent] = [child('agent'), child('agent for arm')];
const pinnedIndex = put(INDEX, { schemaVersion: 2, manifests: [agent, armAgent].map(({ manifest }) => plain(manifest)) });
const whole = { index: pinnedIndex, children: [agent, armAgent] };
const IMAGES = placeImages(
  [
    image(`quay.io/agent:1@${formatDigest(pinnedIndex.digest)}`, 'amd64', { ...agent, whole }, 'agent:1'),
    image('h.io/pause:1', 'amd64', child('pause'), 'pause:1'),
    image('h.io/proxy:1', 'amd64', child('proxy'), 'proxy:1'),
    image('h.io/proxy:1', 'arm64', child('proxy for arm'), 'proxy:1'),
  ],
  'layout',
);
const FILES = [...layoutFiles(IMAGES, 'layout'), ...siteIndexFiles(IMAGES, 'layout')];
const [, pause, proxy] = IMAGES;
const made = FILES.find(({ text }) => text.includes('"arm64"') && text.includes('"amd64"') && !text.includes('annotations')) ?? assert.fail();

test('an image is docker’s manifest.json of it, its blobs lie beside the others’', () => {
  assert.deepEqual(
    IMAGES.map(({ path }) => path),
    ['containers/agent_1_amd64.json', 'containers/pause_1_amd64.json', 'containers/proxy_1_amd64.json', 'containers/proxy_1_arm64.json'],
  );
  const { config, layers } = pause ?? assert.fail();
  assert.equal(
    dockerDocument('h.io/pause:1', { config, layers }),
    `[{"Config":"blobs/sha256/${config.digest.hex}","RepoTags":["h.io/pause:1"],"Layers":["blobs/sha256/${layers[0]?.digest.hex}","blobs/sha256/${layers[1]?.digest.hex}"]}]`,
  );
  assert.deepEqual(placeImages([image('h.io/x:1', 'amd64', agent, 'x:1')], undefined)[0]?.path, 'containers/x_1_amd64.tgz');
  assert.deepEqual(layoutFiles(IMAGES, undefined), []);
});

test('index.json has what each tag names, under one name for every engine', () => {
  const text = FILES.find(({ path }) => path === 'containers/index.json')?.text ?? '';
  const entry = ({ mediaType, digest: found, size }: Descriptor, name: string, platform: string): string =>
    `{"mediaType":"${mediaType}","digest":"${formatDigest(found)}","size":${size},${platform}"annotations":{"io.containerd.image.name":"${name}","org.opencontainers.image.ref.name":"${name}"}}`;
  const index = { mediaType: INDEX, digest: digest('sha256', made.path.slice(-64)), size: made.text.length };
  const entries = [
    entry(pause?.manifest ?? assert.fail(), 'h.io/pause:1', '"platform":{"architecture":"amd64","os":"linux"},'),
    entry(index, 'h.io/proxy:1', ''),
    entry(pinnedIndex, 'quay.io/agent:1', ''),
  ];
  assert.equal(text, `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[${entries.join(',')}]}`);
  assert.equal(FILES.find(({ path }) => path === 'containers/oci-layout')?.text, '{"imageLayoutVersion":"1.0.0"}');
  assert.equal(made.path, `containers/blobs/sha256/${createHash('sha256').update(made.text).digest('hex')}`);
});

test('each blob lies there once, but for those that the plan itself carries', () => {
  const paths = layoutBlobs({ artifacts: IMAGES, files: FILES }).map(({ digest: found }) => layoutPath(found));
  assert.deepEqual(paths.toSorted(), [...BLOBS.keys()].map((hex) => `containers/blobs/sha256/${hex}`).toSorted());
  assert.ok(!paths.includes(made.path));
  assert.deepEqual(layoutBlobs({ artifacts: [image('h.io/x:1', 'amd64', agent, 'x:1')], files: [] }), []);
});

test('--image-format layout is part of the request, tgz leaves it as it was, another word is a usage error', () => {
  const asked = (...argv: string[]) => requestFromValues('x', readValues(['x', ...argv], 'pack', {}));
  assert.equal(asked('--image-format', 'layout').imageFormat, 'layout');
  assert.deepEqual(asked('--image-format', 'tgz'), asked());
  assert.throws(() => asked('--image-format', 'oci'), /USAGE_BAD/);
});

/** What verify says of an archive of these images after a change to one of its files, or without it. */
async function told(path = '', change?: (text: string) => string | undefined): Promise<string[]> {
  const texts = new Map<string, string | Buffer>([
    ...[...BLOBS].map(([hex, bytes]) => [`containers/blobs/sha256/${hex}`, bytes] as const),
    ...FILES.map((each) => [each.path, each.text] as const),
    ...IMAGES.map((each) => [each.path, dockerDocument(each.name.replace(/@.*/, ''), each)] as const),
  ]);
  const changed = change?.(String(texts.get(path) ?? assert.fail(path)));
  if (changed !== undefined) texts.set(path, changed);
  else texts.delete(path);
  const files = new Map<string, FoundFile>();
  for (const [name, content] of texts) {
    const bytes = Buffer.from(content);
    files.set(name, await digestFile({ path: name, isFile: true, size: bytes.length, bytes: chunks(bytes) }, signal));
  }
  const artifacts = IMAGES.map(({ path: place, name, manifest, whole: pinned }): ListedArtifact => {
    const children =
      pinned === undefined ? {} : { index: formatDigest(pinned.index.digest), children: pinned.children.map((each) => formatDigest(each.manifest.digest)) };
    return { kind: 'image', name, path: place, size: 1, digests: {}, signer: 'digest', fields: { manifest: formatDigest(manifest.digest), ...children } };
  });
  const findings = createFindings(files);
  checkImages(artifacts, findings);
  return findings.checks().map(({ status, path: place, found }) => `${status} ${place}: ${found ?? ''}`);
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield bytes;
}

const blobPath = ({ digest: { hex } }: Descriptor): string => `containers/blobs/sha256/${hex}`;
const place = (found: Descriptor | undefined): string => blobPath(found ?? assert.fail());

test('verify holds for a layout as it was packed', async () => assert.deepEqual(await told(), []));

for (const [what, path, change, wanted] of [
  ['a layer that is missing', place(pause?.layers[1]), () => undefined, /^altered containers\/pause_1_amd64\.json: no such blob in it$/],
  ['a manifest that is missing', place(proxy?.manifest), () => undefined, /^altered containers\/proxy_1_amd64\.json: other blobs than those of sha256:/],
  ['an image of a pinned index that is missing', place(armAgent?.manifest), () => undefined, /^altered containers\/agent_1_amd64\.json: no such blob in it$/],
  [
    'a layer of an image of a pinned index that is missing',
    place(armAgent?.layers[1]),
    () => undefined,
    /^altered containers\/agent_1_amd64\.json: no such blob in it$/,
  ],
  ['a blob with other bytes', place(pause?.layers[1]), (text: string) => text.toUpperCase(), /^altered containers\/blobs\/sha256\/[0-9a-f]{64}: sha256 /],
  [
    'an image with the name of another',
    'containers/pause_1_amd64.json',
    (text: string) => text.replace('pause', 'proxy'),
    /^altered containers\/pause_1_amd64\.json: image h\.io\/proxy:1$/,
  ],
  [
    'an image with layers of another',
    'containers/pause_1_amd64.json',
    (text: string) => text.replace(/[0-9a-f]{64}"\]/, `${'a'.repeat(64)}"]`),
    /: other blobs than those of sha256:/,
  ],
  [
    'a name that index.json lacks',
    'containers/index.json',
    (text: string) => text.replaceAll('h.io/pause', 'h.io/paused'),
    /^altered containers\/pause_1_amd64\.json: no h\.io\/pause:1 in containers\/index\.json$/,
  ],
  ['a layout without index.json', 'containers/index.json', () => undefined, /no \S+ in containers\/index\.json$/],
] as const) {
  test(`verify tells ${what}`, async () => {
    const found = await told(path, change);
    assert.ok(
      found.some((line) => wanted.test(line)),
      found.join('\n') || 'nothing was told',
    );
  });
}
