// The operator's README, literally: an archive of the time when charms had resources for their snaps, and one of the time when they ask a store for all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Artifact } from '#src/domain/artifact.js';
import { PLAN_FORMAT, type Plan } from '#src/domain/plan.js';
import { operatorReadme } from '#src/pipeline/operator-readme.js';
import { ROOT } from '../../support/run-cli.ts';

const golden = (name: string): string => readFileSync(join(ROOT, 'test/fixtures/readme', name), 'utf8');
const table = (columns: string, ...rows: string[]): string => [columns, ...rows].map((row) => `${row.replaceAll(' ', '\t')}\n`).join('');
const snapRow = (name: string, channel: string): string => `${name} 1 amd64 ${channel} - app strict 1 snaps/${name}.snap snaps/${name}.assert ab 1`;
const SNAPS = 'name revision arch channel base type confinement order file assert sha3_384 size';

const digest = { algorithm: 'sha256', hex: 'ab'.repeat(32) } as const;
const fetched = (name: string, path: string) => ({ name, version: '1', path, size: 1, digests: [digest], source: 'https://example.com/x', reasons: ['why'] });
const resource = (path: string): Artifact => {
  const [, application = '', name = '', filename = ''] = path.split('/');
  return { ...fetched(`${application}/${name}`, path), kind: 'resource', revision: 1, application, charm: application, resource: name, filename };
};
const image = (name: string): Artifact => {
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 };
  const platform = { os: 'linux', architecture: 'amd64' };
  return {
    ...fetched(name, 'containers/x.tgz'),
    kind: 'image',
    arch: 'amd64',
    platform,
    repository: 'x',
    manifest: descriptor,
    config: descriptor,
    layers: [],
    targets: ['x:1'],
  };
};

const JAMMY: Plan = {
  format: PLAN_FORMAT,
  request: {
    system: 'charmed-kubernetes',
    channel: '1.26/stable',
    archs: ['amd64'],
    overlays: ['canal-overlay.yaml'],
    skip: [],
    imageSources: [],
    withRegistry: true,
  },
  archive: { name: 'charmed-kubernetes', track: '1.26', risk: 'stable' },
  bases: [{ base: 'ubuntu@22.04', arch: 'amd64' }],
  warnings: ['a warning'],
  artifacts: [resource('resources/kubernetes-worker/kubectl/kubectl.snap'), image('docker.io/library/registry:2')],
  files: [
    { path: 'apt/packages.tsv', text: table('package base origin charm why', 'socat ubuntu@22.04 ubuntu worker x') },
    { path: 'bundle.yaml', text: 'applications: {}\n' },
    { path: 'kit/data/archive.tsv', text: table('key value', 'juju_min 2.9', 'trust no') },
    { path: 'pypi/packages.tsv', text: table('package version origin charm', 'pip 22.0 charm etcd') },
    {
      path: 'snaps/snaps.tsv',
      text: table(
        SNAPS,
        snapRow('snapd', 'latest/stable'),
        snapRow('kubelet', '1.26/stable'),
        snapRow('kubectl', '1.26/stable'),
        snapRow('etcd', '3.4/stable'),
      ),
    },
  ],
  totals: {
    artifacts: 60,
    bytes: 5_368_709_120,
    kinds: { charm: { count: 7, bytes: 1 }, resource: { count: 20, bytes: 1 }, snap: { count: 4, bytes: 1 }, image: { count: 52, bytes: 4_294_967_296 } },
  },
};

const NOBLE: Plan = {
  ...JAMMY,
  request: {
    system: 'charmed-kubernetes',
    channel: '1.33/stable',
    archs: ['arm64'],
    overlays: [],
    skip: [],
    imageSources: [],
    registry: 'http://reg.lan:5000',
  },
  archive: { name: 'charmed-kubernetes', track: '1.33', risk: 'stable' },
  bases: [{ base: 'ubuntu@24.04', arch: 'arm64' }],
  warnings: [],
  artifacts: [image('rocks.canonical.com/cdk/pause:3.9')],
  files: [
    { path: 'apt/packages.tsv', text: table('package base origin charm why', 'conntrack ubuntu@24.04 ubuntu worker x') },
    { path: 'bundle.yaml', text: 'applications: {}\n' },
    { path: 'kit/data/archive.tsv', text: table('key value', 'juju_min 3.1', 'trust yes') },
    { path: 'pypi/packages.tsv', text: table('package version origin charm', 'requests 2.31.0 pypi x') },
    { path: 'snaps/snaps.tsv', text: table(SNAPS, snapRow('kubectl', '1.33/stable')) },
  ],
};

test('1.26: jammy, Juju 2.9, snap resources, the image of a registry', () => {
  assert.equal(operatorReadme(JAMMY, '1.26-stable-2026-11-21.tar.gz'), golden('1.26.md'));
});

test('1.33: noble on arm64, Juju 3.1, the store only, a registry that is baked in, trust', () => {
  assert.equal(operatorReadme(NOBLE, '1.33-stable-arm64-2026-11-21.tar.gz'), golden('1.33-arm64.md'));
});

test('what is not in an archive has no part, and the numbers close up', () => {
  const files = JAMMY.files.filter(({ path }) => path === 'bundle.yaml' || path.startsWith('kit/'));
  const bare = operatorReadme({ ...JAMMY, artifacts: [], files, totals: { artifacts: 0, bytes: 0, kinds: {} } }, 'x.tar.gz');
  assert.deepEqual(bare.match(/^## .*$/gm), [
    '## 1. Unpack and check',
    '## 2. What the site must have',
    '## 3. Controller and model',
    '## 4. Deploy',
    '## 5. Watch',
    '## What is in it',
    '## Warnings when it was packed',
  ]);
});
