/** `shrinkwrap images --from-list`: from lists to an archive that deploys, verifies, explains itself and packs again to the same. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Manifest } from '#src/domain/manifest.js';
import { createUpstreamServer, type UpstreamServer } from '#src/serve/server.js';
import { HELM_CONFIG, imageOf, pushImage, pushIndex } from '../support/push-image.ts';
import { sha256 } from '../support/scripted-registry.ts';
import { ROOT, run, runCli, type Ran } from '../support/run-cli.ts';
import { scratch, type Folder } from '../support/served-world.ts';

const LIST = `# what the site wants
rocks.canonical.com/cdk/pause:3.9\r
nginx:1.25   # a bare name

docker.io/library/nginx:1.25
quay.io/other/pause:1
registry.k8s.io/pause:3.9
`;
const EPOCH = { SOURCE_DATE_EPOCH: '1764000000' };

describe('images of a list', () => {
  let folder: Folder;
  let upstream: UpstreamServer;
  let url: string;
  let cli: (args: readonly string[]) => Promise<Ran>;
  let site: string;
  let archive: string;

  const at = (address: string) => ['--registry-mirror', `*=${address}`];
  const manifestOf = async (path: string): Promise<Manifest> => JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));

  before(async () => {
    folder = await scratch('image-lists');
    upstream = createUpstreamServer({ dirs: [] });
    ({ url } = await upstream.listen('127.0.0.1', 0));
    cli = (args) => runCli([...args, '--cache-dir', 'cache', ...at(url)], { cwd: folder.path, env: EPOCH });
    await pushIndex(url, 'canonical/cdk/pause', '3.9', 'pause');
    await pushIndex(url, 'pause', '3.9', 'pause');
    await pushIndex(url, 'library/nginx', '1.25', 'nginx');
    await pushImage(url, 'other/pause', '1', imageOf('other'));
    await pushImage(url, 'charts/web', '0.1.0', imageOf('chart', { configType: HELM_CONFIG }));
    await folder.file('lists/site.txt', LIST);
    await folder.file('more/site.txt', 'oci.example/charts/web:0.1.0\n');
    const packed = await cli(['images', '--from-list', 'lists/site.txt', '--from-list', 'more/site.txt']);
    assert.equal(packed.code, 0, packed.stderr);
    archive = packed.stdout.trim();
    assert.equal((await run('tar', ['-xf', archive], { cwd: folder.path })).code, 0);
    site = join(folder.path, 'images-local');
  });
  after(async () => {
    await upstream?.close();
    await folder?.remove();
  });

  test('names that are the same image are one file under their paths, with the lines that want it', async () => {
    assert.match(archive, /^build\/images-local\/local-stable-\d{4}-\d\d-\d\d\.tar\.gz$/);
    const { artifacts, request } = await manifestOf(site);
    assert.deepEqual(
      artifacts.map(({ name, path, reasons }) => [name, path, reasons]),
      [
        ['oci.example/charts/web:0.1.0', 'containers/charts_web_0.1.0.tgz', ['site.txt-2:1']],
        ['rocks.canonical.com/cdk/pause:3.9', 'containers/cdk_pause_3.9.tgz', ['site.txt:2', 'site.txt:7']],
        ['docker.io/library/nginx:1.25', 'containers/library_nginx_1.25.tgz', ['site.txt:3', 'site.txt:5']],
        ['quay.io/other/pause:1', 'containers/other_pause_1.tgz', ['site.txt:6']],
      ].toSorted((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1)),
    );
    assert.deepEqual(request.lists, ['site.txt', 'site.txt-2']);
    assert.equal(await readFile(join(site, 'sources/lists/site.txt'), 'utf8'), LIST);
    assert.doesNotMatch(JSON.stringify(await manifestOf(site)), /more\/|lists\/site/);
  });
  test('a chart is carried as it is, in a file without the form of docker', async () => {
    const chart = gunzipSync(await readFile(join(site, 'containers/charts_web_0.1.0.tgz'))).toString('latin1');
    assert.ok(!chart.includes('"RepoTags"') && chart.includes(HELM_CONFIG));
    assert.match(await readFile(join(site, 'README.md'), 'utf8'), /engines do not load them:\n\n- oci\.example\/charts\/web:0\.1\.0/);
  });
  test('the archive verifies, rehearses and says why', async () => {
    const verified = await runCli(['verify', archive], { cwd: folder.path });
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const rehearsed = await runCli(['rehearse', archive], { cwd: folder.path });
    assert.equal(rehearsed.code, 0, rehearsed.stdout + rehearsed.stderr);
    const why = await runCli(['why', 'nginx', archive], { cwd: folder.path });
    assert.match(why.stdout, /image docker\.io\/library\/nginx:1\.25.*\n {2}site\.txt:3\n {2}site\.txt:5\n/);
  });
  test('served and packed again from its own lists it is the same', async () => {
    const again = createUpstreamServer({ dirs: [site] });
    const served = await again.listen('127.0.0.1', 0);
    try {
      const lists = ['site.txt', 'site.txt-2'].flatMap((name) => ['--from-list', join(site, 'sources/lists', name)]);
      const packed = await runCli(['images', ...lists, '-d', 'again', '--skip-tar-gz', '--cache-dir', 'other', ...at(served.url)], {
        cwd: folder.path,
        env: EPOCH,
      });
      assert.equal(packed.code, 0, packed.stderr);
      assert.deepEqual((await manifestOf(join(folder.path, 'again'))).artifacts, (await manifestOf(site)).artifacts);
    } finally {
      await again.close();
    }
  });
  test('- is standard input', async () => {
    const main = join(ROOT, 'dist/cli/main.js');
    const line = `printf 'nginx:1.25\\n' | "$0" "$@"`;
    const args = [main, 'plan', 'images', '--from-list', '-', '--cache-dir', 'cache', ...at(url), '--json'];
    const planned = await run('sh', ['-c', line, process.execPath, ...args], { cwd: folder.path });
    assert.equal(planned.code, 0, planned.stderr);
    const { request, artifacts } = JSON.parse(planned.stdout) as Pick<Manifest, 'request' | 'artifacts'>;
    assert.deepEqual([request.lists, artifacts.map(({ reasons }) => reasons)], [['stdin'], [['stdin:1']]]);
  });
  test('several architectures give a file each, but for what has no index', async () => {
    const planned = await cli(['plan', 'images', '--from-list', 'lists/site.txt', '-a', 'amd64,arm64', '--json']);
    assert.equal(planned.code, 0, planned.stderr);
    const { artifacts } = JSON.parse(planned.stdout) as { artifacts: { path: string }[] };
    assert.deepEqual(
      artifacts.map(({ path }) => path),
      ['cdk_pause_3.9', 'cdk_pause_3.9_arm64', 'library_nginx_1.25', 'library_nginx_1.25_arm64', 'other_pause_1'].map((stem) => `containers/${stem}.tgz`),
    );
  });
  test('a channel names the archive; prefix and exclude choose', async () => {
    const filters = ['--registry-prefix', 'docker.io', '--exclude', 'nginx:9', '-c', '1.26'];
    const planned = await cli(['plan', 'images', '--from-list', 'lists/site.txt', ...filters, '--json']);
    assert.equal(planned.code, 0, planned.stderr);
    const plan = JSON.parse(planned.stdout) as { archive: unknown; artifacts: { name: string }[]; warnings: string[] };
    assert.deepEqual(plan.archive, { name: 'images', track: '1.26', risk: 'stable' });
    assert.deepEqual(
      plan.artifacts.map(({ name }) => name),
      ['docker.io/library/nginx:1.25'],
    );
    assert.deepEqual(plan.warnings, ['--exclude nginx:9 matches none of the images']);
    const none = await cli(['plan', 'images', '--from-list', 'lists/site.txt', '--registry-prefix', 'nobody.example/']);
    assert.deepEqual([none.code, /none of its 4 images is left/.test(none.stderr)], [3, true], none.stderr);
  });
  test('every bad line is told with its place, every missing image with its line', async () => {
    await folder.file('bad.txt', 'nginx:1.25\nUpper/Case:1\n\nquay.io/x y\n');
    const bad = await cli(['plan', 'images', '--from-list', 'bad.txt']);
    assert.equal(bad.code, 3);
    assert.match(bad.stderr, /2 problems[\s\S]*bad\.txt:2: [\s\S]*bad\.txt:4: /);
    await folder.file('gone.txt', 'nginx:1.25\nquay.io/gone/a:1\nquay.io/gone/b@sha256:' + '0'.repeat(64) + '\n');
    const gone = await cli(['plan', 'images', '--from-list', 'gone.txt']);
    assert.equal(gone.code, 4, gone.stderr);
    assert.match(gone.stderr, /2 images[\s\S]*quay\.io\/gone\/a:1[\s\S]*gone\.txt:2[\s\S]*quay\.io\/gone\/b@sha256:0+[\s\S]*gone\.txt:3/);
    const arch = await cli(['plan', 'images', '--from-list', 'lists/site.txt', '-a', 's390x']);
    assert.equal(arch.code, 4, arch.stderr);
    assert.match(arch.stderr, /has no platform linux\/s390x; what exists: linux\/amd64, linux\/arm64/);
  });
  test('two images that would be one path at the site are refused before anything is fetched, both named', async () => {
    const two = createUpstreamServer({ dirs: [], log: (line) => log.push(line) });
    const log: string[] = [];
    const { url: second } = await two.listen('127.0.0.1', 0);
    try {
      await pushImage(second, 'x/y', '1', imageOf('another'));
      await pushImage(url, 'x/y', '1', imageOf('one'));
      log.length = 0;
      await folder.file('clash.txt', 'quay.io/x/y:1\nghcr.io/x/y:1\n');
      const clash = await cli(['images', '--from-list', 'clash.txt', '--registry-mirror', `ghcr.io=${second}`]);
      assert.equal(clash.code, 3, clash.stderr);
      assert.match(
        clash.stderr,
        /quay\.io\/x\/y:1 \(clash\.txt:1; sha256:[0-9a-f]{64}\) and ghcr\.io\/x\/y:1 \(clash\.txt:2; sha256:[0-9a-f]{64}\) would both be x\/y:1/,
      );
      assert.ok(log.length > 0 && !log.some((line) => line.includes(sha256('another'))), log.join('\n'));
    } finally {
      await two.close();
    }
  });
  test('options that say nothing to a system, and a list that is not there, are told as what they are', async () => {
    for (const [args, code, words] of [
      [['images'], 2, /images needs a list/],
      [['images', '--from-list', 'lists/site.txt', '--overlay', 'canal'], 2, /--overlay is not for images[\s\S]*it goes with charmed-kubernetes/],
      [['charmed-kubernetes', '--from-list', 'lists/site.txt'], 2, /--from-list is not for charmed-kubernetes[\s\S]*it goes with images/],
      [['images', '--from-list', 'nowhere.txt'], 3, /there is no file nowhere\.txt/],
    ] as const) {
      const ran = await cli(args);
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stderr, words);
    }
  });
});
