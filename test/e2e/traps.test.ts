/** Traps of the official bundles and overlays (facts/offline-deploy.md 1.5) that the plan of bundle, charms and snaps closes, by their numbers. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseTsv } from '#src/domain/tsv.js';
import { planOf, problemsOf, type ReadPlan } from '../support/plan-json.ts';
import { ROOT } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const DATA = join(process.env['SHRINKWRAP_DATA'] ?? join(ROOT, '..', 'shared', 'data'), 'bundle');
const skip = existsSync(join(DATA, 'branches')) ? false : `no upstream data at ${DATA}; set SHRINKWRAP_DATA`;

describe('traps', { skip }, () => {
  let folder: Folder;
  const upstreams = new Map<string, Upstreams>();
  const plans = new Map<string, Promise<ReadPlan>>();

  before(async () => {
    folder = await scratch('traps');
    for (const track of ['1.26', '1.30']) {
      const input = {
        bundle: join(DATA, 'releases', track, 'bundle.yaml'),
        overlays: join(DATA, 'branches', `release_${track}`, 'overlays'),
        channel: `${track}/stable`,
      };
      await buildWorld(
        { ...input, name: 'charmed-kubernetes', ...(track === '1.26' ? { keys: true } : { trust: join(folder.path, '1.26.keys') }) },
        join(folder.path, track),
      );
      upstreams.set(track, await serveDirs([join(folder.path, track)]));
    }
  });
  after(async () => {
    for (const each of upstreams.values()) await each.close();
    await folder?.remove();
  });

  const args = (track: string, more: readonly string[]): string[] => {
    const given = upstreams.get(track)?.args ?? [];
    return ['charmed-kubernetes', '-c', `${track}/stable`, '--skip-containers', '--cache-dir', 'cache', ...given, ...more];
  };
  const plan = (track: string, ...more: string[]): Promise<ReadPlan> => {
    const key = [track, ...more].join(' ');
    const made = plans.get(key) ?? planOf(args(track, more), folder.path);
    plans.set(key, made);
    return made;
  };
  const debs = ({ text }: ReadPlan) => parseTsv(text('apt/packages.tsv'), ['package', 'base', 'origin', 'charm', 'why'], 'apt');
  const archive = ({ text }: ReadPlan, key: string): string | undefined =>
    parseTsv(text('kit/data/archive.tsv'), ['key', 'value'], 'archive').find((row) => row.key === key)?.value;

  test('T4: from 1.29 on no resource is a snap, and every snap is there on exactly the channel of the option', async () => {
    const { plan: made } = await plan('1.30');
    assert.ok(!made.artifacts.some((each) => each.kind === 'resource' && each.charm.startsWith('kubernetes-') && each.filename.endsWith('.snap')));
    const kubelet = made.artifacts.find(({ kind, name }) => kind === 'snap' && name === 'kubelet');
    assert.equal(kubelet?.kind === 'snap' ? kubelet.channel : '', '1.30/stable');
  });

  test('T8: no local charm keeps channel or revision', async () => {
    for (const [name, application] of Object.entries((await plan('1.26', '--overlay', 'vault-pki')).applications))
      assert.deepEqual([application['channel'], application['revision']], [undefined, undefined], name);
  });

  test("T9: every resource of a charm's metadata has a path", async () => {
    const { applications, text, plan: made } = await plan('1.26');
    const worker = made.artifacts.find(({ kind, name }) => kind === 'charm' && name === 'kubernetes-worker');
    const metadata = text(`sources/charms/${(worker?.path ?? '').slice('charms/'.length, -'.charm'.length)}/metadata.yaml`);
    const [, block = ''] = /^resources:\n((?: .*\n)+)/m.exec(metadata) ?? [];
    const declared = [...block.matchAll(/^ {2}([a-z0-9-]+):/gm)].map(([, name]) => name);
    assert.ok(declared.length >= 5, metadata);
    assert.deepEqual(Object.keys(applications['kubernetes-worker']?.['resources'] ?? {}).toSorted(), declared.toSorted());
  });

  test('T10: the control plane gets the snap kubelet, for which it has no resource', async () => {
    const { plan: made } = await plan('1.26');
    const kubelet = made.artifacts.find(({ kind, name }) => kind === 'snap' && name === 'kubelet');
    assert.ok(kubelet?.reasons.some((reason) => reason.startsWith('charm kubernetes-control-plane')));
  });

  test('T11, T22: the bases of the snaps and the newest snapd travel along', async () => {
    const { plan: made, names } = await plan('1.26');
    const bases = made.artifacts.flatMap((each) => (each.kind === 'snap' && each.base !== '' && each.base !== 'none' ? [each.base] : []));
    for (const base of bases) assert.ok(names('snap').includes(base), base);
    const snapd = made.artifacts.find(({ kind, name }) => kind === 'snap' && name === 'snapd');
    assert.equal(snapd?.kind === 'snap' ? snapd.channel : '', 'latest/stable');
  });

  test('T12: gpu_driver is none, whatever the bundle says, unless --gpu', async () => {
    const gpu = async (...more: string[]): Promise<unknown> =>
      ((await plan('1.26', ...more)).applications['containerd']?.['options'] as Record<string, unknown> | undefined)?.['gpu_driver'];
    assert.deepEqual([await gpu(), await gpu('--gpu')], ['none', undefined]);
    const overlay = await folder.file('gpu.yaml', 'applications: {containerd: {options: {gpu_driver: nvidia}}}\n');
    assert.deepEqual([await gpu('--overlay', overlay), await gpu('--overlay', overlay, '--gpu')], ['none', 'nvidia']);
    const { plan: made } = await plan('1.26', '--overlay', overlay);
    assert.ok(made.warnings.includes('application containerd: option gpu_driver is set to none instead of "nvidia" (--gpu keeps it)'));
  });

  test('T18: what overlay charms install from apt is listed when the overlay is used', async () => {
    const ceph = debs(await plan('1.30', '--overlay', 'ceph-rbd', '--correct-overlays'));
    assert.ok(ceph.some((row) => row.package === 'ceph-common' && row.charm === 'ceph-csi'));
    assert.ok(ceph.some((row) => row.package === 'ceph' && row.charm === 'ceph-osd'));
    assert.ok(!debs(await plan('1.30')).some((row) => row.charm.startsWith('ceph-')));
    // Ceph's relation leaves the control plane's endpoint to Juju, Vault's names it.
    const ofControlPlane = async (track: string, ...overlays: string[]): Promise<string[]> =>
      debs(await plan(track, ...overlays.flatMap((overlay) => ['--overlay', overlay]), '--correct-overlays'))
        .filter((row) => row.charm === 'kubernetes-control-plane' && ['ceph-common', 'vaultlocker'].includes(row.package))
        .map((row) => row.package);
    assert.deepEqual(await ofControlPlane('1.26'), []);
    assert.deepEqual(await ofControlPlane('1.26', 'ceph-rbd'), ['ceph-common']);
    assert.deepEqual(await ofControlPlane('1.26', 'vault-storage'), ['vaultlocker']);
    assert.deepEqual(await ofControlPlane('1.26', 'vault-pki'), []);
    assert.deepEqual(await ofControlPlane('1.30', 'vault-storage'), ['vaultlocker']);
  });

  test('T19: applications that ask for trust are told of once', async () => {
    assert.equal(archive(await plan('1.26', '--overlay', 'aws'), 'trust'), 'yes');
    assert.equal(archive(await plan('1.26'), 'trust'), 'no');
  });

  test('T20: reactive charms are a warning for Juju 4', async () => {
    assert.ok((await plan('1.30')).plan.warnings.some((warning) => /Juju 4 .*easyrsa.*etcd/.test(warning)));
  });

  test('T24: graylog is told to fail offline', async () => {
    assert.ok(
      (await plan('1.26', '--overlay', 'logging-egf')).plan.warnings.some((warning) => warning.startsWith('charm graylog: it is reported to fail offline')),
    );
  });

  test('T28, T30: integrators bring their snaps and foreign packages, under their true names', async () => {
    assert.ok((await plan('1.26', '--overlay', 'aws')).names('snap').includes('aws-cli'));
    const gcp = (await plan('1.26', '--overlay', 'gcp')).names('snap');
    assert.deepEqual([gcp.includes('google-cloud-cli'), gcp.includes('gcloud')], [true, false]);
    assert.ok((await plan('1.26', '--overlay', 'openstack')).names('snap').includes('openstackclients'));
    const azure = debs(await plan('1.26', '--overlay', 'azure')).find((row) => row.package === 'azure-cli');
    assert.equal(azure?.origin, 'https://packages.microsoft.com/repos/azure-cli');
  });

  test('an overlay that does not fit its track is exit 3 with all its problems and corrections, before anything large is asked for', async () => {
    const seen = upstreams.get('1.30')?.log.length ?? 0;
    const { code, problems } = await problemsOf(args('1.30', ['--overlay', 'monitoring-pgt', '--overlay', 'ceph-rbd', '--no-cache']), folder.path);
    assert.deepEqual([code, problems.length, problems.every((problem) => problem.includes('--correct-overlays'))], [3, 5, true]);
    const asked = upstreams.get('1.30')?.log.slice(seen) ?? [];
    assert.deepEqual(
      asked.filter((line) => /resources\/download|\/v2\/snaps|snaps\/download|\/blobs\//.test(line)),
      [],
    );
    const corrected = await plan('1.30', '--overlay', 'monitoring-pgt', '--overlay', 'ceph-rbd', '--correct-overlays');
    assert.equal(corrected.plan.warnings.filter((warning) => warning.includes('was corrected for 1.30')).length, 2);
    assert.ok(corrected.names('charm').includes('ceph-csi'));
  });

  test('the source of Ceph and MySQL is the distribution, unless the bundle names another', async () => {
    const options = async (...more: string[]): Promise<Record<string, unknown>> =>
      ((await plan('1.26', ...more)).applications['ceph-osd']?.['options'] ?? {}) as Record<string, unknown>;
    assert.equal((await options('--overlay', 'ceph-rbd', '--correct-overlays'))['source'], 'distro');
    const overlay = await folder.file('uca.yaml', 'applications: {ceph-osd: {options: {source: "cloud:jammy-bobcat"}}}\n');
    assert.equal((await options('--overlay', 'ceph-rbd', '--overlay', overlay, '--correct-overlays'))['source'], 'cloud:jammy-bobcat');
  });

  test('a charm that does not follow Kubernetes comes from its reviewed channel for the base', async () => {
    const { plan: made } = await plan('1.26', '--overlay', 'ceph-rbd', '--correct-overlays');
    const mon = made.artifacts.find(({ kind, name }) => kind === 'charm' && name === 'ceph-mon');
    assert.equal(mon?.kind === 'charm' ? mon.channel : '', 'quincy/stable');
  });

  test('a track that was not reviewed is a warning, and exit 3 with --reviewed-only', async () => {
    const catalogue = await folder.file('none.yaml', 'format: shrinkwrap-catalogue/1\nreviewed: {from: "1.18", until: "1.25"}\n');
    const told = (await plan('1.26', '--catalogue', catalogue)).plan.warnings;
    assert.ok(told.includes('the catalogue was reviewed for 1.18 to 1.25, not for 1.26'));
    const refused = await problemsOf(args('1.26', ['--catalogue', catalogue, '--reviewed-only']), folder.path);
    assert.deepEqual(refused, { code: 3, problems: ['not-reviewed the catalogue was reviewed for 1.18 to 1.25, not for 1.26'] });
    assert.equal((await plan('1.26', '--reviewed-only')).ran.code, 0);
  });

  test('what Juju would refuse of options, endpoints and resources is told together, with places', async () => {
    const overlay = await folder.file(
      'wrong.yaml',
      'applications:\n  etcd: {options: {nope: 1, port: high}, resources: {gone: 1}}\n  calico: {num_units: 2}\nrelations:\n- [etcd:db, calico:nothing]\n',
    );
    const { code, problems } = await problemsOf(args('1.26', ['--overlay', overlay]), folder.path);
    assert.equal(code, 3);
    assert.deepEqual(
      problems.map((problem) => problem.split(' ', 1)[0]),
      ['option', 'option', 'resource', 'subordinate', 'endpoint'],
    );
  });
});
