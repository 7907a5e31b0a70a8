/** A disk that is really full: a small file system of its own, in a mount namespace of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../support/temp-dir.ts';

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

const WRITE = `
const [dir, module] = process.argv.slice(1);
const { openStore } = await import(module);
const store = await openStore(dir);
const bytes = Buffer.alloc(1024 * 1024, 'x');
const expect = { what: 'x', size: bytes.length, digests: [{ algorithm: 'sha256', hex: '0'.repeat(64) }] };
const error = await store.put(bytes, expect).catch((reason) => reason);
console.log(JSON.stringify({ code: error.code, facts: error.facts }));
`;

test('a full disk is LOCAL_DISK with the store and the reason', { skip: canMount ? false : 'needs root for unshare -m (package util-linux)' }, (t) => {
  const dir = join(tempDir(t), 'small');
  mkdirSync(dir);
  const module = import.meta.resolve('#src/store/open-store.js');
  const script = 'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" --input-type=module -e "$3" "$1" "$4"';
  const output = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', dir, process.execPath, WRITE, module], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), { code: 'LOCAL_DISK', facts: { path: dir, reason: 'no space left on the device' } });
});

const PACK = `
const [dir, module] = process.argv.slice(1);
const { openArchiveSink } = await import(module);
const { readdirSync } = await import('node:fs');
const told = [];
for (const size of [3145000, 4500000]) {
  const sink = await openArchiveSink({ path: dir + '/a.tar.gz', topDirectory: 'x', mtime: new Date(0), compression: 6, hashed: false, signal: new AbortController().signal });
  const source = async function* () {
    for (let done = 0; done < size; done += 1 << 20) yield Buffer.alloc(Math.min(1 << 20, size - done), 'x');
  };
  const error = await sink.add({ path: 'big.tgz', mode: 0o644, size }, source()).then(() => sink.finish()).catch((reason) => reason);
  await sink.abort();
  told.push(error.code);
}
console.log(JSON.stringify({ told, left: readdirSync(dir) }));
`;

test(
  'an archive for which there is no room is LOCAL_DISK, whichever write finds out, and leaves nothing',
  { skip: canMount ? false : 'needs root for unshare -m (package util-linux)' },
  (t) => {
    const dir = join(tempDir(t), 'small');
    mkdirSync(dir);
    const module = import.meta.resolve('#src/assemble/archive-sink.js');
    const script = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" --input-type=module -e "$3" "$1" "$4"';
    const output = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', dir, process.execPath, PACK, module], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(output), { told: ['LOCAL_DISK', 'LOCAL_DISK'], left: [] });
  },
);
