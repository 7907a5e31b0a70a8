/** The catalogue: what is shipped reads, what nobody reads is a mistake, rules hold on their tracks. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { readCatalogue, rulesOf } from '#src/recipes/charmed-kubernetes/catalogue.js';
import { SHIPPED_CATALOGUES, shippedCatalogue } from '../../support/charm-fact.ts';
import { ROOT } from '../../support/run-cli.ts';
import { problemsOf, shownProblems } from '../bundle/support.ts';

const catalogue = shippedCatalogue();
const added = (text: string): string[] =>
  shownProblems(problemsOf(() => readCatalogue([...SHIPPED_CATALOGUES, { file: 'mine.yaml', text: `format: shrinkwrap-catalogue/1\n${text}` }])));

describe('the catalogue', () => {
  it('has a row for every charm of the official overlays', () => {
    const charms =
      'apache2 aws-cloud-provider aws-integrator aws-k8s-storage azure-cloud-provider azure-integrator calico canal ceph-csi ceph-fs ceph-mon ceph-osd ceph-radosgw cilium cinder-csi containerd easyrsa elasticsearch etcd filebeat flannel gcp-cloud-provider gcp-integrator gcp-k8s-storage grafana graylog hacluster kube-ovn kubeapi-load-balancer kubernetes-control-plane kubernetes-master kubernetes-worker mongodb mysql-innodb-cluster mysql-router openstack-cloud-controller openstack-integrator prometheus2 telegraf tigera-secure-ee vault vsphere-cloud-provider vsphere-integrator';
    assert.deepEqual(
      charms.split(' ').filter((name) => !catalogue.charms.has(name)),
      [],
    );
  });

  it('and the sources name no tag of an image but those of pause: lists and charms say which', () => {
    const files = ['src', 'bundles'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    assert.ok(files.length > 200);
    const tags = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
        .flatMap((line) => line.match(/[a-z0-9][a-z0-9._-]*:v?[0-9]+\.[0-9]+(?:\.[0-9]+)?(?![0-9.:])/g) ?? []),
    );
    assert.deepEqual(tags.toSorted(), ['pause:3.6', 'pause:3.9']);
  });

  it('refuses keys that nobody reads, with their places, all of them', () => {
    assert.deepEqual(added('charm: {}\ncharms:\n  mine:\n    snap: [x]\n    snaps: [{ name: a, channel: b, chanel: c }]\n'), [
      'mine.yaml:2:1 catalogue a catalogue has no key "charm"; it has format, system, reviewed, images, snaps, snapResources, resourceSizes, registry, registryMirrors, registryOptions, reactive, corrections, charms',
      'mine.yaml:5:5 catalogue charms.mine has no key "snap"; it has auto, channels, snaps, debs, options, warning',
      'mine.yaml:6:36 catalogue charms.mine.snaps.* has no key "chanel"; it has name, channel, from, until, why',
    ]);
  });

  it('refuses YAML that does not parse and values of another type', () => {
    assert.match(added('charms: {a: {snaps: [}}').join(), /^mine\.yaml:2:\d+ catalogue /);
    assert.match(added('charms: {a: {snaps: 1}}').join(), /charms\.a\.snaps: wanted a list/);
    assert.match(added('charms: {a: {options: [{option: x, value: y, unless: moon}]}}').join(), /unless: wanted gpu, found "moon"/);
    assert.match(added('charms: {a: {channels: [{channel: 1/2/3/4}]}}').join(), /channel/);
  });

  it('is extended charm by charm', () => {
    const text = 'format: shrinkwrap-catalogue/1\ncharms: {mine: {debs: [{names: [x]}]}, etcd: {auto: 3.5/stable}}\n';
    const more = readCatalogue([...SHIPPED_CATALOGUES, { file: 'mine.yaml', text }]);
    assert.deepEqual(rulesOf(more, 'mine', '1.26').debs, [{ names: ['x'] }]);
    assert.equal(more.charms.get('etcd')?.auto, '3.5/stable');
    assert.equal(more.charms.size, catalogue.charms.size + 1);
  });

  it('says a reason for every correction, and for whatever is set or chosen', () => {
    for (const { why, remove, renameStorage } of catalogue.corrections) {
      assert.ok(why.length > 20);
      assert.ok(remove.length + Object.keys(renameStorage).length > 0);
    }
    const { charms } = parse(readFileSync(join(ROOT, 'bundles', 'charmed-kubernetes.yaml'), 'utf8'), { merge: true }) as {
      charms: Record<string, Record<string, { why?: string }[] | undefined>>;
    };
    for (const [name, row] of Object.entries(charms))
      for (const rule of [...(row['options'] ?? []), ...(row['channels'] ?? [])]) assert.ok((rule.why ?? '') !== '', `${name}: a rule without its reason`);
  });

  it('lets rules hold on their tracks only', () => {
    const snaps = (track: string): string[] => rulesOf(catalogue, 'kubernetes-control-plane', track).snaps.map(({ name, channel }) => `${name} ${channel}`);
    assert.ok(snaps('1.28').includes('core latest/stable') && snaps('1.28').includes('cdk-addons option'));
    assert.ok(!snaps('1.29').includes('core latest/stable') && snaps('1.29').includes('cdk-addons track'));
    assert.deepEqual(rulesOf(catalogue, 'nobody', '1.29'), { channels: [], snaps: [], debs: [], options: [] });
  });
});
