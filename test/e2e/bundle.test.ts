/** `shrinkwrap bundle`: what Juju would deploy, or everything it would refuse, without a network. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, runCli } from '../support/run-cli.ts';
import { scratch, type Folder } from '../support/served-world.ts';

const DATA = join(process.env['SHRINKWRAP_DATA'] ?? join(ROOT, '..', 'shared', 'data'), 'bundle');

describe('shrinkwrap bundle', () => {
  let folder: Folder;
  before(async () => void (folder = await scratch('bundle')));
  after(() => folder?.remove());
  const cli = (...args: string[]) => runCli(['bundle', ...args], { cwd: folder.path });

  test('prints the merged bundle, and the same as JSON with applications at the top', async () => {
    await folder.file('b.yaml', 'applications:\n  a: {charm: a, num_units: 1, options: {x: "0755"}}\n  b: {charm: b}\nrelations: [[a:x, b:x]]\n');
    await folder.file('o.yaml', 'applications:\n  b:\n  c: {charm: c}\nrelations: [[a:x, c:x]]\n');
    const yaml = await cli('b.yaml', '--overlay', 'o.yaml');
    assert.deepEqual([yaml.code, yaml.stderr], [0, '']);
    assert.equal(
      yaml.stdout,
      'applications:\n  a:\n    charm: a\n    num_units: 1\n    options:\n      x: "0755"\n  c:\n    charm: c\nrelations:\n- - a:x\n  - c:x\n',
    );
    const json = await cli('b.yaml', '--overlay', 'o.yaml', '--json');
    assert.deepEqual(JSON.parse(json.stdout), {
      applications: { a: { charm: 'a', num_units: 1, options: { x: '0755' } }, c: { charm: 'c' } },
      relations: [['a:x', 'c:x']],
    });
  });

  test('reads services as applications and warns on stderr with the place', async () => {
    await folder.file('s.yaml', 'services:\n  a: {charm: "cs:~containers/a-7", nope: 1}\n');
    const { code, stdout, stderr } = await cli('s.yaml', '--json');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { applications: { a: { charm: 'cs:~containers/a-7' } } });
    assert.match(stderr, /^warning: s\.yaml:2:7: "cs:~containers\/a-7" of application "a" is a Charm Store URL/m);
    assert.match(stderr, /^warning: s\.yaml:2:36: .*"nope"/m);
  });

  test('ends with 3 and every problem at its place', async () => {
    await folder.file(
      'bad.yaml',
      'applications:\n  a: {charm: ./gone.charm, num_units: -1}\n  b: {charm: b, resources: {r: ./gone.bin}}\nrelations: [[a, nobody]]\n',
    );
    const { code, stdout } = await cli('bad.yaml', '--json');
    const { error } = JSON.parse(stdout) as {
      error: { code: string; problems: { file: string; line: number; column: number; code: string; message: string }[] };
    };
    assert.deepEqual([code, error.code], [3, 'INPUT_INVALID']);
    assert.deepEqual(
      error.problems.map(({ file, line, code: what, message }) => `${file}:${line} ${what} ${message}`),
      [
        'bad.yaml:2 local-charm charm path in application "a" does not exist: ./gone.charm is not there',
        'bad.yaml:2 units negative number of units specified on application "a"',
        'bad.yaml:3 local-resource resource "r" of application "b": ./gone.bin is not there',
        'bad.yaml:4 relation-unknown relation ["a" "nobody"] refers to application "nobody" not defined in this bundle',
      ],
    );
  });

  test('looks for a local charm beside the file that names it, for a resource beside the bundle', async () => {
    await folder.file('site/charms/x.charm', 'zip');
    await folder.file('r.bin', 'bytes');
    await folder.file('l.yaml', 'applications:\n  a: {charm: a}\n');
    await folder.file('site/over.yaml', 'applications:\n  x: {charm: ./charms/x.charm, resources: {r: ./r.bin}}\n');
    assert.equal((await cli('l.yaml', '--overlay', 'site/over.yaml')).code, 0);
    await folder.file('site/wrong.yaml', 'applications:\n  x: {charm: ./r.bin}\n');
    assert.equal((await cli('l.yaml', '--overlay', 'site/wrong.yaml')).code, 3);
  });

  test('takes files only, one bundle, and says so', async () => {
    assert.equal((await cli()).code, 2);
    assert.equal((await cli('l.yaml', 'b.yaml')).code, 2);
    assert.equal((await cli('l.yaml', '--overlay', 'canal')).code, 3);
    assert.equal((await cli('nothing.yaml')).code, 3);
  });

  test('merges the official 1.35 bundle with three official overlays', { skip: existsSync(DATA) ? false : `no upstream data at ${DATA}` }, async () => {
    const overlays = ['cilium-overlay', 'vault-pki-overlay', 'ceph-rbd'].flatMap((name) => ['--overlay', join(DATA, 'overlays', `${name}.yaml`)]);
    const { code, stdout } = await cli(join(DATA, 'releases', '1.35', 'bundle.yaml'), ...overlays);
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}cilium:/m);
    assert.doesNotMatch(stdout, /^ {2}(?:calico|easyrsa):/m);
  });
});
