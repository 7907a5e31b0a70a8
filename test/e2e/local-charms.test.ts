/** Local bundles with local charms and resources: packed as they are, known by their digests alone. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { planOf, problemsOf } from '../support/plan-json.ts';
import { run, runCli } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';
import { zip } from '../support/zip.ts';

const METADATA = `name: mine
resources:
  blob: {type: file, filename: blob.bin}
  secret: {type: file, filename: secret.txt}
  core: {type: file, filename: core.snap}
`;
const charm = (metadata: string, manifest = 'bases: [{name: ubuntu, channel: "22.04", architectures: [amd64]}]'): Buffer =>
  zip([
    { name: 'metadata.yaml', bytes: metadata },
    { name: 'manifest.yaml', bytes: manifest },
    { name: 'config.yaml', bytes: 'options: {level: {type: int}}' },
    { name: 'dispatch', bytes: '#!/bin/sh\n', mode: 0o100755 },
  ]);
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

describe('local charms and resources', () => {
  let folder: Folder;
  let upstreams: Upstreams;
  const mine = charm(METADATA);
  let bundle: string;

  before(async () => {
    folder = await scratch('local');
    const world = await folder.file(
      'hub.yaml',
      'series: jammy\nname: hub\napplications:\n  easyrsa: {charm: easyrsa, channel: 1.26/stable, num_units: 1}\n  strange: {charm: strange, channel: latest/stable}\n',
    );
    await buildWorld({ bundle: world, channel: '1.26/stable' }, join(folder.path, 'world'));
    upstreams = await serveDirs([join(folder.path, 'world')]);
    await mkdir(join(folder.path, 'site', 'charms'), { recursive: true });
    await writeFile(join(folder.path, 'site', 'charms', 'mine.charm'), mine);
    await folder.file('site/blob.bin', 'the blob');
    const secret = await folder.file('elsewhere/secret.txt', 'outside');
    bundle = await folder.file(
      'site/bundle.yaml',
      `series: jammy
name: site
applications:
  mine:
    charm: ./charms/mine.charm
    num_units: 1
    options: {level: 3}
    resources: {blob: ./blob.bin, secret: ${secret}}
  easyrsa:
    charm: easyrsa
    channel: 1.26/stable
    num_units: 1
`,
    );
  });
  after(async () => {
    await upstreams?.close();
    await folder?.remove();
  });
  const args = (system: string, cache = 'cache'): string[] => [system, '--cache-dir', cache, ...upstreams.args];

  test('are in the plan under their digests, with no path of this machine', async () => {
    const { plan, ran, applications } = await planOf(args('./site/bundle.yaml'), folder.path);
    assert.ok(!ran.stdout.includes(folder.path), 'a path of this machine is in the plan');
    const path = `charms/mine_local_${sha256(mine).slice(0, 8)}.charm`;
    const packed = plan.artifacts.find((artifact) => artifact.path === path);
    assert.deepEqual(packed?.digests, [{ algorithm: 'sha256', hex: sha256(mine) }]);
    assert.deepEqual([packed?.source, packed?.reasons], ['local:mine.charm', ['application mine, a local charm']]);
    assert.deepEqual(applications['mine'], {
      charm: `./${path}`,
      num_units: 1,
      options: { level: 3 },
      resources: { blob: './resources/mine/blob/blob.bin', core: './resources/mine/core/core.snap', secret: './resources/mine/secret/secret.txt' },
      series: 'jammy',
      base: 'ubuntu@22.04/stable',
    });
    assert.ok(
      plan.warnings.some((warning) =>
        warning.includes("resource secret of application mine lies outside the bundle's folder; secret.txt goes into the archive"),
      ),
    );
  });

  test('are packed byte for byte', async () => {
    const packed = await runCli(['./site/bundle.yaml', '-o', 'out/', ...args('').slice(1)], { cwd: folder.path });
    assert.equal(packed.code, 0, packed.stderr);
    assert.equal((await run('tar', ['-xf', packed.stdout.trim()], { cwd: folder.path })).code, 0);
    const site = join(folder.path, 'site-1.26');
    assert.deepEqual(await readFile(join(site, 'charms', `mine_local_${sha256(mine).slice(0, 8)}.charm`)), mine);
    assert.equal(await readFile(join(site, 'resources/mine/blob/blob.bin'), 'utf8'), 'the blob');
    assert.equal((await readFile(join(site, 'resources/mine/core/core.snap'))).length, 0);
    const rehearsed = await runCli(['rehearse', packed.stdout.trim()], { cwd: folder.path });
    assert.equal(rehearsed.code, 0, rehearsed.stdout + rehearsed.stderr);
    const why = await runCli(['why', 'mine', packed.stdout.trim()], { cwd: folder.path });
    assert.match(why.stdout, /^charm mine 0 {2}charms\/mine_local_.*\n {2}application mine, a local charm\n$/);
    const manifest = JSON.parse(await readFile(join(site, 'manifest.json'), 'utf8')) as { artifacts: { name: string; signer: string }[] };
    assert.equal(manifest.artifacts.find(({ name }) => name === 'mine')?.signer, 'none (local file)');
  });

  test('a lock file packs where the files are in the cache, and elsewhere names the digest and refuses', async () => {
    const made = await runCli(['plan', './site/bundle.yaml', '-o', 'lock.json', ...args('').slice(1)], { cwd: folder.path });
    assert.equal(made.code, 0, made.stderr);
    const lock = await readFile(join(folder.path, 'lock.json'), 'utf8');
    assert.ok(lock.includes(sha256(mine)) && lock.includes(sha256('the blob')));
    await rm(join(folder.path, 'site', 'charms', 'mine.charm'));
    try {
      const here = await runCli(['pack', '--plan', 'lock.json', '-o', 'again/', ...args('').slice(1)], { cwd: folder.path });
      assert.equal(here.code, 0, here.stderr);
      const there = await runCli(['pack', '--plan', 'lock.json', '-o', 'never/', ...args('', 'other-cache').slice(1)], { cwd: folder.path });
      assert.equal(there.code, 3);
      assert.match(
        there.stderr,
        new RegExp(
          `local file (?:mine\\.charm|blob\\.bin|secret\\.txt) with sha256 (?:${sha256(mine)}|${sha256('the blob')}|${sha256('outside')}) is not in the cache`,
        ),
      );
    } finally {
      await writeFile(join(folder.path, 'site', 'charms', 'mine.charm'), mine);
    }
  });

  test('what is not there, no file, or no charm is exit 3 with the place', async () => {
    const text = await readFile(bundle, 'utf8');
    const wrong = async (from: string, to: string): Promise<{ code: number; problems: string[] }> => {
      await folder.file('site/wrong.yaml', text.replace(from, to));
      return problemsOf(args('./site/wrong.yaml'), folder.path);
    };
    assert.deepEqual(await wrong('./charms/mine.charm', './charms/gone.charm'), {
      code: 3,
      problems: ['local-charm charm path in application "mine" does not exist: ./charms/gone.charm is not there'],
    });
    assert.match((await wrong('./charms/mine.charm', './charms')).problems.join(), /\.\/charms is a directory; Juju 4 takes packed charms only/);
    assert.match((await wrong('./blob.bin', '/dev/zero')).problems.join(), /\/dev\/zero is not a plain file/);
    assert.match((await wrong('./blob.bin', './nope.bin')).problems.join(), /local-resource resource "blob" of application "mine": \.\/nope\.bin is not there/);
    assert.match((await wrong('./charms/mine.charm', './blob.bin')).problems.join(), /charm not a usable charm/);
    assert.match((await wrong('blob: ./blob.bin', 'bulb: ./blob.bin')).problems.join(), /application "mine": unrecognized resource "bulb"/);
    assert.match((await wrong('level: 3', 'level: high')).problems.join(), /option "level" expected int, got "high"/);
    await folder.file('site/evil.charm', '');
    await writeFile(join(folder.path, 'site', 'evil.charm'), charm('name: ../../../evil\n'));
    assert.match((await wrong('./charms/mine.charm', './evil.charm')).problems.join(), /metadata\.yaml has no usable name/);
    await writeFile(join(folder.path, 'site', 'arm.charm'), charm(METADATA, 'bases: [{name: ubuntu, channel: "22.04", architectures: [arm64]}]'));
    assert.match((await wrong('./charms/mine.charm', './arm.charm')).problems.join(), /is built for arm64, not for amd64/);
  });

  test('a charm of Charmhub without a reviewed row is a warning that names it, and exit 3 with --reviewed-only', async () => {
    await folder.file('strange.yaml', 'series: jammy\napplications:\n  odd:\n    charm: strange\n    channel: latest/stable\n    num_units: 1\n');
    const message = 'charm strange (application odd) has no reviewed row in the catalogue: what it fetches at the site beyond its own files is not known';
    assert.ok((await planOf(args('./strange.yaml'), folder.path)).plan.warnings.includes(message));
    assert.deepEqual(await problemsOf(args('./strange.yaml').concat('--reviewed-only'), folder.path), { code: 3, problems: [`not-reviewed ${message}`] });
    const row = await folder.file('row.yaml', 'format: shrinkwrap-catalogue/1\ncharms: {strange: {}}\n');
    const added = await planOf(args('./strange.yaml').concat('--reviewed-only', '--catalogue', row), folder.path);
    assert.ok(!added.plan.warnings.includes(message));
  });

  test('a charm of an overlay lies beside the overlay, its resources beside the bundle', async () => {
    await folder.file('site/over/site.yaml', 'applications:\n  twin: {charm: ../charms/mine.charm, num_units: 1, resources: {blob: ./blob.bin}}\n');
    const { plan, applications } = await planOf(args('./site/bundle.yaml').concat('--overlay', './site/over/site.yaml'), folder.path);
    assert.equal(applications['twin']?.['charm'], applications['mine']?.['charm']);
    assert.ok(plan.artifacts.some(({ path }) => path === 'resources/twin/blob/blob.bin'));
    assert.ok(plan.warnings.some((warning) => warning.startsWith('application twin: resource secret of its local charm is packed empty')));
  });
});
