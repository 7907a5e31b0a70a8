/** Every official bundle with every official overlay: what Juju refuses is listed here, everything else has to pass and to rewrite. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { composeBundle, tryCompose } from '#src/bundle/compose.js';
import { type BundleText, readBundle } from '#src/bundle/read.js';
import { rewriteBundle } from '#src/bundle/rewrite.js';

const DATA = join(process.env['SHRINKWRAP_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'), 'bundle');
const skip = existsSync(join(DATA, 'releases')) ? false : `no upstream data at ${DATA}; set SHRINKWRAP_DATA`;

const RELEASES = ['1.18', '1.20', '1.21', '1.23', '1.24', '1.25', '1.26', '1.27', '1.29', '1.30', '1.32', '1.34', '1.35'];
/** Up to 1.23 the control plane is called kubernetes-master, which no overlay of today knows. */
const BEFORE_RENAME = RELEASES.slice(0, 4);

/** Codes of what is wrong with a bundle of kubernetes-master days and an overlay: the rest of the overlays brings relations of kubernetes-control-plane. */
const OLD: Readonly<Record<string, string>> = {
  'aws-storage-overlay': 'charm',
  'azure-cloud-overlay': 'charm',
  'bdc-overlay': 'charm machine-unused',
  'cilium-overlay': 'charm',
  'equinix-overlay': 'charm',
  'gcp-storage-overlay': 'charm',
  'ipv4-ipv6-overlay': 'charm',
  'kube-ovn-overlay': 'charm',
  'openstack-lb-overlay': 'charm',
  'openstack-overlay': 'charm',
  'vsphere-overlay': 'charm',
  'flannel-overlay': 'relation-twice relation-unknown',
};
/** In release_1.26 these three had relations of the control plane and no options of it. */
const OLD_126: Readonly<Record<string, string>> = {
  'openstack-lb-overlay': 'relation-unknown',
  'openstack-overlay': 'relation-unknown',
  'vsphere-overlay': 'relation-unknown',
};

function expected(release: string, folder: string, overlay: string): string {
  // Made for kubernetes-core, whose applications are placed on machines 0 and 1.
  if (!BEFORE_RENAME.includes(release)) return overlay === 'bdc-overlay' ? 'machine-unused' : '';
  return (folder.includes('1.26') ? OLD_126[overlay] : undefined) ?? OLD[overlay] ?? 'relation-unknown';
}

const known = new Map<string, BundleText>();
function read(path: string): BundleText {
  const found = known.get(path) ?? readBundle(readFileSync(join(DATA, path), 'utf8'), path);
  known.set(path, found);
  return found;
}

describe('the official bundles', { skip }, () => {
  it('are the ones of the table', () => assert.deepEqual(readdirSync(join(DATA, 'releases')).toSorted(), RELEASES));

  for (const release of RELEASES) {
    it(`${release} verifies alone and is rewritten to itself`, () => {
      const source = read(`releases/${release}/bundle.yaml`);
      const { bundle } = composeBundle(source, []);
      assert.equal(rewriteBundle(source, bundle, new Map()), source.text);
      assert.equal(source.warnings.filter(({ code }) => code === 'charm-store').length, BEFORE_RENAME.includes(release) ? bundle.applications.size : 0);
      assert.equal(bundle.legacyServices === true, ['1.18', '1.20', '1.21'].includes(release));
    });
  }

  for (const folder of ['overlays', 'branches/release_1.26/overlays', 'branches/release_1.30/overlays']) {
    const names = skip === false ? readdirSync(join(DATA, folder)).map((file) => file.replace(/\.yaml$/, '')) : [];
    for (const name of names) {
      it(`with ${folder}/${name} fail where they should, and else are rewritten to what they merge to`, () => {
        const overlay = read(`${folder}/${name}.yaml`);
        const found = RELEASES.map((release) => {
          const source = read(`releases/${release}/bundle.yaml`);
          const { composed, problems } = tryCompose(source, [overlay]);
          assert.ok(
            problems.every(({ line, column, file }) => file !== undefined && line !== undefined && column !== undefined),
            'every problem has its place',
          );
          const edits = new Map(
            [...composed.bundle.applications.keys()].map((application) => [
              application,
              { charm: `./charms/${application}.charm`, resources: { core: './resources/core' }, series: 'jammy', base: 'ubuntu@22.04' },
            ]),
          );
          rewriteBundle(source, composed.bundle, edits);
          return [release, [...new Set(problems.map(({ code }) => code))].toSorted().join(' ')];
        });
        assert.deepEqual(
          found,
          RELEASES.map((release) => [release, expected(release, folder, name)]),
        );
      });
    }
  }

  it('1.26 changes by nothing but what one edit asks for', () => {
    const source = read('releases/1.26/bundle.yaml');
    const { bundle } = composeBundle(source, []);
    const text = rewriteBundle(
      source,
      bundle,
      new Map([
        [
          'easyrsa',
          { charm: './charms/easyrsa_r1.charm', resources: { easyrsa: './resources/easyrsa/easyrsa/easyrsa.tgz' }, series: 'jammy', base: 'ubuntu@22.04' },
        ],
      ]),
    );
    const before = source.text.split('\n');
    const after = text.split('\n');
    assert.deepEqual(
      before.filter((line) => !after.includes(line)),
      ['    charm: easyrsa'],
    );
    assert.deepEqual(
      after.filter((line) => !before.includes(line)),
      [
        '    charm: ./charms/easyrsa_r1.charm',
        '    series: jammy',
        '    base: ubuntu@22.04',
        '    resources:',
        '      easyrsa: ./resources/easyrsa/easyrsa/easyrsa.tgz',
      ],
    );
    assert.equal(after.length, before.length + 3);
  });
});
