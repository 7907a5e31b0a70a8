// The kit as shell: shellcheck has nothing to say, no tool beyond a bare server's, nothing generated or evaluated.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasPeer } from '../support/kit-registry.ts';

const KIT = join(import.meta.dirname, '../../../kit');
const FILES = readdirSync(KIT).filter((name) => name.endsWith('.sh'));

test('shellcheck finds nothing', (t) => {
  if (!hasPeer(t, 'shellcheck', 'shellcheck')) return;
  execFileSync('shellcheck', ['-x', ...FILES], { cwd: KIT, encoding: 'utf8' });
});

for (const name of FILES) {
  test(`${name} parses, is executable, within 300 lines of 160 characters, and uses nothing that a bare server lacks`, () => {
    execFileSync('bash', ['-n', join(KIT, name)]);
    assert.ok((statSync(join(KIT, name)).mode & 0o111) !== 0);
    const lines = readFileSync(join(KIT, name), 'utf8').split('\n');
    assert.ok(lines.length <= 300 && lines.every((line) => line.length <= 160));
    const code = lines.filter((line) => !line.trimStart().startsWith('#')).join('\n');
    assert.doesNotMatch(code, /\b(eval|jq|yq|python3?|perl|node|xargs|find|unzip)\b/);
    // With --with docker only.
    if (!['engines.sh', 'images.sh', 'docker-load.sh'].includes(name)) assert.doesNotMatch(code, /\bdocker (load|push|tag) -/);
  });
}

test('every file is sourced by deploy.sh, but for the one that goes elsewhere', () => {
  const text = readFileSync(join(KIT, 'deploy.sh'), 'utf8');
  for (const name of FILES.filter((file) => !['deploy.sh', 'docker-load.sh'].includes(file))) assert.ok(text.includes(`. "$ROOT/kit/${name}"`), name);
});
