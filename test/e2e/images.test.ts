/** Images and resources from a served world to the archive and back: what charms name, what is made here, what must not travel. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Manifest } from '#src/domain/manifest.js';
import type { Plan } from '#src/domain/plan.js';
import { run, runCli, type Ran } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const BUNDLE = `name: images
default-base: ubuntu@22.04
applications:
  kubernetes-control-plane: {charm: kubernetes-control-plane, channel: 1.26/stable, num_units: 1, to: ['7'], options: {channel: 1.26/stable}}
  workers: {charm: kubernetes-worker, channel: 1.26/stable, num_units: 1, options: {channel: 1.26/stable}}
  calico: {charm: calico, channel: 1.26/stable}
  cilium: {charm: cilium, channel: 1.27/stable}
  ceph-csi: {charm: ceph-csi, channel: 1.26/stable}
machines:
  '7': {series: focal}
`;
const LIST = [
  'coredns/coredns:1.9.4',
  'kubernetesui/dashboard:v2.7.0',
  'ingress-nginx/controller:v1.2.0',
  'addon-resizer-amd64:1.8.9',
  'addon-resizer-arm64:1.8.9',
];
/** What upstream adds from one day to the next. */
const ADDED = `charms:
  kubernetes-worker:
    images: [rocks.canonical.com/cdk/ingress-nginx/controller:v1.99.0]
    resources: {sidecar: {image: 'rocks.canonical.com/cdk/site/sidecar:1.0'}}
  ceph-csi:
    manifests: {added: {version: v3.9.0, file: added.yaml, images: ['quay.io/cephcsi/added:v9.9.9']}}
`;
const EPOCH = { SOURCE_DATE_EPOCH: '1764000000' };

const readPlan = async (folder: Folder, file: string): Promise<Plan> => JSON.parse(await readFile(join(folder.path, file), 'utf8'));
const reasonsOf = ({ artifacts }: Plan, name: string): readonly string[] => artifacts.find((artifact) => artifact.name === name)?.reasons ?? [];
const fileOf = ({ files }: Plan, path: string): string => files.find((file) => file.path === path)?.text ?? '';

describe('what charms name', () => {
  let folder: Folder;
  let upstreams: Upstreams;
  let plan: Plan;
  const cli = (args: readonly string[], from: Upstreams = upstreams): Promise<Ran> =>
    runCli([...args, '--cache-dir', 'cache', ...from.args], { cwd: folder.path, env: EPOCH });

  before(async () => {
    folder = await scratch('images');
    const bundle = await folder.file('bundle.yaml', BUNDLE);
    await folder.file('lists/v1.26.4.txt', LIST.map((name) => `rocks.canonical.com/cdk/${name}\n`).join(''));
    await folder.file('lists/v1.26.9.txt', 'rocks.canonical.com/cdk/pause:3.6\n');
    const world = { bundle, imageLists: join(folder.path, 'lists'), channel: '1.26/stable' };
    await buildWorld(world, join(folder.path, 'world'));
    await buildWorld({ ...world, charms: await folder.file('added.yaml', ADDED) }, join(folder.path, 'next'));
    upstreams = await serveDirs([join(folder.path, 'world')]);
    const planned = await cli(['plan', './bundle.yaml', '-o', 'plan.json']);
    assert.equal(planned.code, 0, planned.stderr);
    plan = await readPlan(folder, 'plan.json');
  });
  after(async () => {
    await upstreams?.close();
    await folder?.remove();
  });

  test('T1, T2, T3, T31: lists and charms are united, each image with all who ask for it', () => {
    const ingress = plan.artifacts.find(({ name }) => name === 'rocks.canonical.com/cdk/ingress-nginx/controller:v1.2.0');
    assert.ok(ingress?.kind === 'image');
    assert.deepEqual(ingress.targets, ['ingress-nginx/controller:v1.2.0', 'k8s-artifacts-prod/ingress-nginx/controller:v1.2.0']);
    assert.match(
      ingress.reasons.join('\n'),
      /^image list container-images\/v1\.26\.4\.txt\ncharm kubernetes-worker r\d+ \(workers\): reactive\/kubernetes_worker\.py$/,
    );
    assert.match(
      reasonsOf(plan, 'quay.io/cephcsi/cephcsi:v3.9.0').join('\n'),
      /^charm ceph-csi r\d+ \(ceph-csi\): upstream\/cephfs\/manifests\/v3\.9\.0\/csi-cephfsplugin\.yaml\n/,
    );
    assert.match(fileOf(plan, 'kit/data/registry-options.tsv'), /^workers\tnginx-image\timage\tk8s-artifacts-prod\/ingress-nginx\/controller:v1\.2\.0$/m);
    assert.ok(!plan.artifacts.some(({ name }) => name.includes('addon-resizer-arm64')));
  });
  test('T27: a name with tag and digest resolves to the index it pins and lies under its tag', () => {
    const cilium = plan.artifacts.find(({ name }) => /\/cilium\/cilium:v1\.16\.10@sha256:/.test(name));
    assert.ok(cilium?.kind === 'image');
    assert.deepEqual([cilium.version, cilium.targets, `sha256:${cilium.index?.hex}`], ['v1.16.10', ['cilium/cilium:v1.16.10'], cilium.name.split('@')[1]]);
    assert.match(fileOf(plan, 'containers/images.tsv'), new RegExp(`^${cilium.name}\t.*\tsha256:${cilium.index?.hex}\tcilium/cilium:v1.16.10$`, 'm'));
  });
  test('machines count among the bases', () =>
    assert.deepEqual(plan.bases, [
      { arch: 'amd64', base: 'ubuntu@20.04' },
      { arch: 'amd64', base: 'ubuntu@22.04' },
    ]));
  test('an image that upstream adds to a manifest and a tag in the worker’s source are in the next plan, with the file', async () => {
    const next = await serveDirs([join(folder.path, 'next')]);
    try {
      const planned = await cli(['plan', './bundle.yaml', '-o', 'next.json'], next);
      assert.equal(planned.code, 0, planned.stderr);
      const then = await readPlan(folder, 'next.json');
      for (const [name, reason] of [
        ['quay.io/cephcsi/added:v9.9.9', /^charm ceph-csi r\d+ \(ceph-csi\): upstream\/added\/manifests\/v3\.9\.0\/added\.yaml$/],
        ['rocks.canonical.com/cdk/ingress-nginx/controller:v1.99.0', /^charm kubernetes-worker r\d+ \(workers\): reactive\/kubernetes_worker\.py$/],
      ] as const) {
        assert.deepEqual(reasonsOf(plan, name), []);
        assert.match(reasonsOf(then, name).join('\n'), reason);
      }
      assert.match(fileOf(then, 'kit/data/registry-options.tsv'), /^workers\tnginx-image\timage\tingress-nginx\/controller:v1\.99\.0$/m);

      const packed = await cli(['./bundle.yaml', '-o', 'oci/', '--registry', 'reg.lan:5000', '-v'], next);
      assert.equal(packed.code, 0, packed.stderr);
      assert.equal((await run('tar', ['-xf', packed.stdout.trim(), '-C', 'oci'], { cwd: folder.path })).code, 0);
      const site = join(folder.path, 'oci', 'images-1.26');
      assert.match(
        await readFile(join(site, 'resources/workers/sidecar/sidecar.json'), 'utf8'),
        /^\{"ImageName":"rocks\.canonical\.com\/cdk\/site\/sidecar@sha256:[0-9a-f]{64}"\}\n$/,
      );
      assert.match(await readFile(join(site, 'bundle.yaml'), 'utf8'), /sidecar: reg\.lan:5000\/cdk\/site\/sidecar:sha256-[0-9a-f]{12}/);
      assert.match(
        await readFile(join(site, 'kit/data/registry-options.tsv'), 'utf8'),
        /^workers\tsidecar\tresource-image\tsite\/sidecar:sha256-[0-9a-f]{12}$/m,
      );
      assert.equal((await run('grep', ['-rlE', 'world-(user|password)', site, 'next.json', 'cache'], { cwd: folder.path })).stdout, '');
      assert.doesNotMatch(packed.stderr + packed.stdout, /world-(?:user|password)/);
      const rehearsed = await runCli(['rehearse', packed.stdout.trim()], { cwd: folder.path });
      assert.equal(rehearsed.code, 0, rehearsed.stdout + rehearsed.stderr);
    } finally {
      await next.close();
    }
  });
  test('a plan without what the add-ons ask for is not packed', async () => {
    const lacking = { ...plan, artifacts: plan.artifacts.filter(({ name }) => !name.includes('dashboard')) };
    await writeFile(join(folder.path, 'lacking.json'), JSON.stringify(lacking));
    const refused = await cli(['pack', '--plan', 'lacking.json', '-o', 'lacking/']);
    assert.equal(refused.code, 3, refused.stderr);
    assert.match(refused.stderr, /snap cdk-addons r\d+ deploys kubernetesui\/dashboard:v2\.7\.0, which is not among the images for amd64/);
    assert.deepEqual(await readdir(join(folder.path, 'lacking')).catch(() => []), []);
    const allowed = await cli(['pack', '--plan', 'lacking.json', '-o', 'lacking/', '--allow-incomplete-images']);
    assert.equal(allowed.code, 0, allowed.stderr);
    assert.match(allowed.stderr, /deploys kubernetesui\/dashboard:v2\.7\.0/);
  });
  test('T5: the node image of calico is a resource under the very name of its option, and packing the archive again gives the same', async () => {
    const first = await cli(['pack', '--plan', 'plan.json', '-o', 'first/']);
    assert.equal(first.code, 0, first.stderr);
    assert.equal((await run('tar', ['-xf', first.stdout.trim(), '-C', 'first'], { cwd: folder.path })).code, 0);
    const site = join(folder.path, 'first', 'images-1.26');
    const manifest: Manifest = JSON.parse(await readFile(join(site, 'manifest.json'), 'utf8'));
    const path = 'resources/calico/calico-node-image/calico-node-image.tar.gz';
    const node = manifest.artifacts.find((artifact) => artifact.path === path);
    assert.deepEqual([node?.derived, node?.signer, Object.keys(node?.digests ?? {})], [true, 'digest', ['sha256']]);
    assert.match(gunzipSync(await readFile(join(site, path))).toString('latin1'), /"RepoTags":\["rocks\.canonical\.com:443\/cdk\/calico\/node:v3\.21\.4"\]/);
    assert.match(await readFile(join(site, 'bundle.yaml'), 'utf8'), new RegExp(`calico-node-image: \\./${path}`));

    const again = await serveDirs([site], join(folder.path, 'world/snaps/trust/world-root.assert'));
    try {
      const second = await cli(['./bundle.yaml', '-o', 'second/', '--cache-dir', 'other'], again);
      assert.equal(second.code, 0, second.stderr);
      assert.equal((await run('tar', ['-xf', second.stdout.trim(), '-C', 'second'], { cwd: folder.path })).code, 0);
      const copy: Manifest = JSON.parse(await readFile(join(folder.path, 'second', 'images-1.26', 'manifest.json'), 'utf8'));
      const same = ({ artifacts }: Manifest): unknown[] =>
        artifacts.map(({ kind, name, version, arch, size, digests }) => ({ kind, name, version, arch, size, digests }));
      assert.deepEqual(same(copy), same(manifest));
    } finally {
      await again.close();
    }
  });
});

test('a trusted root that is none is refused before anything is asked', async () => {
  const folder = await scratch('trust');
  try {
    await writeFile(join(folder.path, 'bad.assert'), 'nonsense\n');
    await writeFile(join(folder.path, 'list.txt'), 'registry.invalid/a:1\n');
    const { code, stderr } = await runCli(['plan', 'images', '--from-list', 'list.txt', '--snap-trust', 'bad.assert'], { cwd: folder.path });
    assert.equal(code, 6);
    assert.doesNotMatch(stderr, /registry\.invalid/);
  } finally {
    await folder.remove();
  }
});
