/** Bundles of this machine: every form that Juju takes, and what may lie beside them. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { composeFiles } from '#src/pipeline/compose-files.js';
import { tempDir } from '../../support/temp-dir.ts';
import { zip } from '../../support/zip.ts';

const ONE = 'applications: {a: {charm: a}}\n';

async function write(path: string, content: string | Buffer): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** `line code message` of everything that is refused. */
async function refused(path: string): Promise<string[]> {
  try {
    await composeFiles(path, []);
  } catch (error) {
    if (isShrinkwrapError(error) && 'problems' in error.facts) return error.facts.problems.map((each) => `${each.line ?? ''} ${each.code} ${each.message}`);
    throw error;
  }
  return [];
}

describe('a bundle of this machine', () => {
  it('is a text, a folder with a bundle.yaml, or a packed one', async (t) => {
    const folder = tempDir(t);
    const text = await write(join(folder, 'form/bundle.yaml'), ONE);
    const packed = await write(join(folder, 'form.bundle'), zip([{ name: 'bundle.yaml', bytes: ONE }, { name: 'README.md' }]));
    for (const form of [text, dirname(text), packed]) assert.deepEqual((await composeFiles(form, [])).json(), { applications: { a: { charm: 'a' } } }, form);
  });

  it('is refused as a zip without a bundle.yaml, or a broken one', async (t) => {
    const folder = tempDir(t);
    assert.deepEqual(await refused(await write(join(folder, 'other.zip'), zip([{ name: 'metadata.yaml' }]))), [' zip it has no bundle.yaml']);
    assert.match((await refused(await write(join(folder, 'broken.zip'), 'PK\u0003\u0004 and no more'))).join(), /^ zip not a usable zip: /);
  });

  it('includes files of its folder, through links too, and none from outside of it', async (t) => {
    const folder = tempDir(t);
    await write(join(folder, 'outside/secret'), 'secret');
    await write(join(folder, 'in/deep/own'), 'own');
    await symlink('deep/own', join(folder, 'in/link'));
    await symlink('../outside/secret', join(folder, 'in/out'));
    await symlink('../outside', join(folder, 'in/away'));
    await symlink('in', join(folder, 'alias'));
    const good = 'applications:\n  a:\n    charm: a\n    options: {one: include-file://link, two: include-base64://deep/own}\n';
    for (const path of [await write(join(folder, 'in/good.yaml'), good), join(folder, 'alias/good.yaml')])
      assert.deepEqual((await composeFiles(path, [])).json(), { applications: { a: { charm: 'a', options: { one: 'own', two: 'b3du' } } } });
    const bad = await write(
      join(folder, 'in/bad.yaml'),
      'applications:\n  a:\n    charm: a\n    options:\n      one: include-file://out\n      two: include-file://away/secret\n      three: include-file://deep\n      four: include-file://deep/own/x\n',
    );
    assert.deepEqual(await refused(bad), [
      `5 include resolving include "out": it is a link that leads out of the bundle's folder`,
      `6 include resolving include "away/secret": it is a link that leads out of the bundle's folder`,
      '7 include resolving include "deep": it is no plain file',
      '8 include resolving include "deep/own/x": there is no such file',
    ]);
  });
});
