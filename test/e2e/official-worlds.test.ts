/** Worlds made from the official bundles of every era must plan, everything in the plan with a reason. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { composeBundle } from '#src/bundle/compose.js';
import { readBundle } from '#src/bundle/read.js';
import { planOf, problemsOf, type ReadPlan } from '../support/plan-json.ts';
import { ROOT } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const DATA = join(process.env['SHRINKWRAP_DATA'] ?? join(ROOT, '..', 'shared', 'data'), 'bundle');
const skip = existsSync(join(DATA, 'releases')) ? false : `no upstream data at ${DATA}; set SHRINKWRAP_DATA`;

describe('worlds of the official bundles', { skip }, () => {
  let folder: Folder;
  const upstreams = new Map<string, Upstreams>();

  async function world(track: string, archs: readonly string[], trust: string | undefined): Promise<void> {
    const lists = join(folder.path, `lists-${track}`);
    await mkdir(lists);
    const names = (await readdir(join(DATA, 'container-images'))).filter((name) => name.startsWith(`v${track}.`));
    await Promise.all(names.map((name) => copyFile(join(DATA, 'container-images', name), join(lists, name))));
    const input = { bundle: join(DATA, 'releases', track, 'bundle.yaml'), imageLists: lists, channel: `${track}/stable`, archs, name: 'charmed-kubernetes' };
    await buildWorld({ ...input, ...(trust === undefined ? { keys: true } : { trust }) }, join(folder.path, track));
    upstreams.set(track, await serveDirs([join(folder.path, track)]));
  }

  before(async () => {
    folder = await scratch('official');
    await world('1.26', ['amd64'], undefined);
    const trust = join(folder.path, '1.26.keys');
    for (const track of ['1.21', '1.29', '1.34']) await world(track, ['amd64'], trust);
    await world('1.32', ['amd64', 'arm64'], trust);
  });
  after(async () => {
    for (const each of upstreams.values()) await each.close();
    await folder?.remove();
  });

  const argsOf = (track: string, ...more: string[]): string[] => [
    'charmed-kubernetes',
    '-c',
    `${track}/stable`,
    '--cache-dir',
    'cache',
    ...(upstreams.get(track)?.args ?? []),
    ...more,
  ];

  function deployable({ plan, applications, text }: ReadPlan): void {
    const paths = new Set(plan.artifacts.map(({ path }) => `./${path}`));
    for (const { name, reasons } of plan.artifacts) assert.ok(reasons.length > 0, name);
    for (const [name, application] of Object.entries(applications)) {
      assert.ok(paths.has(String(application['charm'])), `${name}: ${String(application['charm'])}`);
      assert.deepEqual([application['channel'], application['revision']], [undefined, undefined], name);
      for (const path of Object.values((application['resources'] ?? {}) as Record<string, string>)) assert.ok(paths.has(path), path);
      assert.equal(typeof application['series'], 'string', name);
      assert.match(String(application['base']), /^ubuntu@\d\d\.\d\d\/stable$/);
    }
    assert.equal(text('bundle.orig.yaml').length > 0, true);
  }

  test('1.21: services and cs: charms are exit 3 that names every charm of today, with revision and place', async () => {
    const { code, problems } = await problemsOf(argsOf('1.21'), folder.path);
    assert.equal(code, 3);
    assert.equal(problems.length, 7);
    assert.match(problems.join('\n'), /charm-store application etcd: cs:~containers\/etcd-607 is a Charm Store URL; .* charm etcd, revision 607/);
  });

  test('1.21: --map-charmstore takes them, with the pinned revisions of charms and resources', async () => {
    const read = await planOf(argsOf('1.21', '--map-charmstore'), folder.path);
    deployable(read);
    assert.deepEqual(Object.keys(read.applications).toSorted(), [
      'containerd',
      'easyrsa',
      'etcd',
      'flannel',
      'kubeapi-load-balancer',
      'kubernetes-master',
      'kubernetes-worker',
    ]);
    assert.match(read.text('bundle.yaml'), /^applications:$/m);
    assert.doesNotMatch(read.text('bundle.yaml'), /^services:/m);
    const etcd = read.plan.artifacts.find(({ kind, name }) => kind === 'charm' && name === 'etcd');
    assert.equal(etcd?.path, 'charms/etcd_r607.charm');
    const pinned = read.plan.artifacts.flatMap((each) => (each.kind === 'resource' && each.charm === 'flannel' ? [`${each.resource} ${each.revision}`] : []));
    assert.deepEqual(pinned.toSorted(), ['flannel-amd64 816', 'flannel-arm64 813', 'flannel-s390x 800']);
    assert.ok(read.names('snap').includes('core'));
    assert.ok(read.plan.warnings.some((warning) => warning.includes('cs:~containers/etcd-607')));
    assert.ok((read.plan.totals.kinds['image']?.count ?? 0) > 20);
  });

  test('1.21 as a local file takes its track from the option channel', async () => {
    const local = await planOf(
      [
        join(DATA, 'releases', '1.21', 'bundle.yaml'),
        '--map-charmstore',
        '--skip-snaps',
        '--skip-containers',
        '--cache-dir',
        'cache',
        ...(upstreams.get('1.21')?.args ?? []),
      ],
      folder.path,
    );
    assert.equal(local.plan.archive.track, '1.21');
    deployable(local);
  });

  for (const track of ['1.26', '1.29']) {
    test(`${track}: every charm, resource, snap and image has its reason`, async () => {
      const read = await planOf(argsOf(track), folder.path);
      deployable(read);
      assert.deepEqual(read.names('charm'), [
        'calico',
        'containerd',
        'easyrsa',
        'etcd',
        'kubeapi-load-balancer',
        'kubernetes-control-plane',
        'kubernetes-worker',
      ]);
      for (const snap of [
        'snapd',
        'core',
        'kubectl',
        'kubelet',
        'kube-proxy',
        'kube-apiserver',
        'kube-controller-manager',
        'kube-scheduler',
        'cdk-addons',
        'etcd',
      ])
        assert.ok(read.names('snap').includes(snap), snap);
      assert.ok(read.names('image').some((name) => name.includes('/coredns/')));
      assert.equal(
        read.plan.artifacts.some(({ kind, name }) => kind === 'resource' && name === 'kubernetes-worker/kubelet'),
        track === '1.26',
      );
    });
  }

  test('1.32: default-base and two architectures, one file each of a charm that is built for them apart', async () => {
    const read = await planOf(argsOf('1.32', '--arch', 'amd64,arm64'), folder.path);
    deployable(read);
    assert.deepEqual(read.plan.bases, [
      { base: 'ubuntu@22.04', arch: 'amd64' },
      { base: 'ubuntu@22.04', arch: 'arm64' },
    ]);
    const worker = read.plan.artifacts
      .filter(({ kind, name }) => kind === 'charm' && name === 'kubernetes-worker')
      .map(({ path }) => path.replace(/_r\d+/, ''));
    assert.deepEqual(worker.toSorted(), ['charms/kubernetes-worker.charm', 'charms/kubernetes-worker_arm64.charm']);
    const kubelets = read.plan.artifacts.flatMap((each) => (each.kind === 'snap' && each.name === 'kubelet' ? [each.arch] : []));
    assert.deepEqual(kubelets.toSorted(), ['amd64', 'arm64']);
    assert.equal(read.applications['etcd']?.['series'], 'jammy');
    const arm = composeBundle(readBundle(read.text('bundle_arm64.yaml'), 'bundle_arm64.yaml'), []).bundle;
    const charms = [...arm.applications.values()].map((application) => application?.charm ?? '');
    assert.deepEqual(
      charms.filter((charm) => charm.endsWith('_arm64.charm')).map((charm) => charm.replace(/_r\d+/, '')),
      ['./charms/kubeapi-load-balancer_arm64.charm', './charms/kubernetes-control-plane_arm64.charm', './charms/kubernetes-worker_arm64.charm'],
    );
    const paths = new Set(read.plan.artifacts.map(({ path }) => `./${path}`));
    for (const [name, application] of arm.applications)
      for (const path of [application?.charm, ...(application?.resources?.values() ?? [])]) assert.ok(typeof path === 'string' && paths.has(path), name);
  });

  test('1.34: the edge channel of its option is a warning that names it, and where the snaps come from', async () => {
    const read = await planOf(argsOf('1.34'), folder.path);
    deployable(read);
    const told = read.plan.warnings.filter((warning) => warning.includes('1.34/edge'));
    assert.equal(told.length, 2);
    assert.match(told[0] ?? '', /application kubernetes-control-plane sets its option channel to 1\.34\/edge, while 1\.34\/stable was asked for/);
    const kubelet = read.plan.artifacts.find(({ kind, name }) => kind === 'snap' && name === 'kubelet');
    assert.equal(kubelet?.kind === 'snap' ? kubelet.channel : '', '1.34/edge');
  });
});
