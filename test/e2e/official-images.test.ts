/** Plans of worlds made from official bundles: every artifact has a reason, images come from lists and from charms, for each architecture. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plan } from '#src/domain/plan.js';
import { ROOT, runCli } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder } from '../support/served-world.ts';

const DATA = join(process.env['SHRINKWRAP_DATA'] ?? resolve(ROOT, '..', 'shared', 'data'), 'bundle');
const skip = existsSync(join(DATA, 'releases')) ? false : `no upstream data at ${DATA}; set SHRINKWRAP_DATA`;

interface Case {
  readonly release: string;
  readonly archs: readonly string[];
  readonly overlays: readonly string[];
  /** Image, and where it must come from. */
  readonly images: readonly (readonly [name: RegExp, reason: RegExp])[];
  readonly charms: readonly RegExp[];
}

const CASES: readonly Case[] = [
  {
    release: '1.29',
    archs: ['amd64'],
    overlays: ['cilium-overlay.yaml', 'ceph-fs.yaml'],
    images: [
      [/\/cilium\/cilium:v1\.16\.10@sha256:/, /^charm cilium r\d+ \(cilium\): upstream\/cilium\/manifests\/v1\.16\.10\/cilium\.yaml$/],
      [/\/ingress-nginx\/controller:v1\.11\.5$/, /^charm kubernetes-worker r\d+ \(kubernetes-worker\): src\/charm\.py$/],
      [/\/coredns\/coredns:/, /^image list container-images\/v1\.29\.6\.txt$/],
    ],
    charms: [/^charms\/kubernetes-worker_r\d+\.charm$/],
  },
  {
    release: '1.32',
    archs: ['arm64'],
    overlays: ['kube-ovn-overlay.yaml'],
    images: [
      [/\/kubeovn\/kube-ovn:v1\.14\.26$/, /^charm kube-ovn r\d+ \(kube-ovn\): templates\/kube-ovn\.yaml$/],
      [/\/addon-resizer-arm64:/, /^image list /],
    ],
    charms: [/^charms\/kubernetes-worker_r\d+_arm64\.charm$/],
  },
  {
    release: '1.34',
    archs: ['amd64', 'arm64'],
    overlays: [],
    images: [[/\/calico\/node:v3\.27\.4$/, /^charm calico r\d+ \(calico\): upstream\/calico\/manifests\/v3\.27\.4\/000-calico-etcd\.yaml$/]],
    charms: [/^charms\/kubernetes-worker_r\d+\.charm$/, /^charms\/kubernetes-worker_r\d+_arm64\.charm$/],
  },
];

describe('worlds of official bundles', { skip }, () => {
  let folder: Folder;
  before(async () => void (folder = await scratch('official')));
  after(() => folder?.remove());

  for (const { release, archs, overlays, images, charms } of CASES) {
    test(`${release} for ${archs.join(' and ')}${overlays.length === 0 ? '' : ` with ${overlays.join(', ')}`}`, async () => {
      const chosen = join(folder.path, release, 'overlays');
      await mkdir(chosen, { recursive: true });
      await Promise.all(overlays.map((file) => cp(join(DATA, 'overlays', file), join(chosen, file))));
      const world = join(folder.path, release, 'world');
      const channel = `${release}/stable`;
      const bundle = join(DATA, 'releases', release, 'bundle.yaml');
      await buildWorld({ bundle, overlays: chosen, imageLists: join(DATA, 'container-images'), channel, archs }, world);
      const upstreams = await serveDirs([world]);
      const file = join(folder.path, `${release}.json`);
      const words = [...archs.flatMap((arch) => ['--arch', arch]), ...overlays.flatMap((name) => ['--overlay', name.replace(/(?:-overlay)?\.yaml$/, '')])];
      try {
        const args = ['plan', 'charmed-kubernetes', '-c', channel, ...words, '-o', file, '--cache-dir', 'cache', ...upstreams.args];
        const planned = await runCli(args, { cwd: folder.path });
        assert.equal(planned.code, 0, planned.stderr);
      } finally {
        await upstreams.close();
      }
      const plan: Plan = JSON.parse(await readFile(file, 'utf8'));
      assert.deepEqual(
        plan.artifacts.filter(({ reasons }) => reasons.length === 0 || reasons.some((reason) => reason === '')),
        [],
      );
      assert.deepEqual([...new Set(plan.bases.map(({ arch }) => arch))].toSorted(), [...archs].toSorted());
      for (const path of charms)
        assert.ok(
          plan.artifacts.some((artifact) => path.test(artifact.path)),
          String(path),
        );
      for (const [name, reason] of images) {
        const found = plan.artifacts.filter((artifact) => artifact.kind === 'image' && name.test(artifact.name));
        assert.deepEqual(found.map((image) => image.kind === 'image' && image.arch).toSorted(), [...archs].toSorted(), String(name));
        for (const { reasons } of found)
          assert.ok(
            reasons.some((each) => reason.test(each)),
            `${String(name)}: ${reasons.join('; ')}`,
          );
      }
    });
  }
});
