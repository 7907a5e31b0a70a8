// An interrupted unpacking: it rejects, and nothing else of it is heard of.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { unpackArchive } from '#src/store/unpack-archive.js';

for (const [when, wanted] of [
  ['before a file is written', true],
  ['while a file is passed over', false],
] as const) {
  test(`interrupted ${when}, it rejects once`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'shrinkwrap-unpack-'));
    t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    mkdirSync(join(folder, 'top'));
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, 'top', name), Buffer.alloc(3_000_000, name));
    execFileSync('tar', ['-czf', join(folder, 'x.tar.gz'), '-C', folder, 'top']);
    const controller = new AbortController();
    const asked: string[] = [];
    const wants = (path: string): boolean => {
      asked.push(path);
      controller.abort(new Error('enough'));
      return wanted;
    };
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    t.after(() => process.off('unhandledRejection', note));
    await assert.rejects(unpackArchive(join(folder, 'x.tar.gz'), join(folder, 'into'), controller.signal, wants), /aborted|enough/);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asked.length, 1);
    assert.deepEqual(unhandled, []);
  });
}
