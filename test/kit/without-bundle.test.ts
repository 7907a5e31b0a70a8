// An archive of images alone: what concerns images works, what is for Juju says that there is nothing for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildKitArchive } from '../support/kit-archive.ts';
import { scriptedRegistry } from '../support/kit-registry.ts';
import { deploySh, standIn } from '../support/kit-run.ts';

test('an archive of images alone', async (t) => {
  const archive = buildKitArchive({ bundle: false, archive: { name: 'images', trust: '-', juju_min: '-', base: '-', channel: '-', track: 'local' } });
  t.after(() => archive.remove());
  const registry = await scriptedRegistry(t);
  // One that would be refused for a bundle.
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '4.0.1' });
  const env = { DOCKER_REGISTRY: registry.address, JUJU: juju.path };
  const before = archive.snapshot();

  await t.test('without arguments names the steps that there are', async () => {
    const { code, stdout } = await deploySh(archive, [], env);
    assert.equal(code, 0);
    assert.match(stdout, /^images local\nfor amd64\npacked 2024-11-21T00:00:00Z, shrinkwrap-archive\/1\n\nIn it:\n {5}2 images, 0\.0 MiB\n/);
    assert.deepEqual(stdout.match(/^ {2}\d\. .*$/gm), ['  1. ./deploy.sh check', '  2. DOCKER_REGISTRY=registry.example:5000 ./deploy.sh images']);
  });

  await t.test('deploy, render and model-config say that it has no bundle', async () => {
    for (const command of ['deploy', 'render', 'model-config']) {
      const run = await deploySh(archive, [command, '--yes'], env);
      assert.equal(run.code, 2, command);
      assert.match(run.stderr, new RegExp(`^error: ${command} is for an archive with a Juju bundle; this one has none$`, 'm'));
    }
    for (const command of ['snaps', 'apt', 'pypi']) {
      const run = await deploySh(archive, [command], env);
      assert.equal(run.code, 0, command);
      assert.match(run.stdout, /^This archive was packed without /);
    }
    assert.deepEqual(archive.snapshot(), before);
  });

  await t.test('all checks and pushes, verify compares, juju is not asked', async () => {
    const all = await deploySh(archive, ['all', '--yes'], env);
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /^check: all is well\n2 images in .* 2 pushed/);
    const verified = await deploySh(archive, ['verify'], env);
    assert.equal(verified.code, 0, verified.stdout);
    assert.match(verified.stdout, /^4 of 4 names in [^\n]+\n$/m);
    assert.deepEqual(juju.calls(), []);
    assert.deepEqual(archive.snapshot(), before);
  });
});
