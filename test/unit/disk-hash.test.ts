/** Digests read back from the disk, in this thread and in the other. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { hashDisk, WORTH_A_THREAD, type DiskHash } from '#src/store/disk-hash.js';

const BYTES = randomBytes(5_000_000);
const hex = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');

async function fileOf(t: TestContext, bytes: Buffer = BYTES): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'disk-hash-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  return path;
}

const WAYS: readonly (readonly [string, (path: string, algorithms: readonly string[]) => DiskHash])[] = [
  ['at the end', (path, algorithms) => hashDisk(path, algorithms, 0)],
  ['in the thread', (path, algorithms) => hashDisk(path, algorithms, WORTH_A_THREAD)],
];

for (const [where, open] of WAYS) {
  describe(`hashed ${where}`, () => {
    test('any ranges, in the order in which they were added', async (t) => {
      const path = await fileOf(t);
      const range = fc.record({ offset: fc.nat(4_000_000), length: fc.oneof(fc.nat(20), fc.nat(1_000_000)) });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(range, { maxLength: 5 }), { maxLength: 4 }), async (orders) => {
          const hash = open(path, ['sha256', 'sha3-384']);
          for (const ranges of orders) hash.add(ranges);
          const bytes = Buffer.concat(orders.flat().map(({ offset, length }) => BYTES.subarray(offset, offset + length)));
          assert.deepEqual(await hash.digests(), [hex('sha256', bytes), hex('sha3-384', bytes)]);
        }),
        { numRuns: 40 },
      );
    });

    test('what is written between two orders is seen', async (t) => {
      const path = await fileOf(t, BYTES.subarray(0, 1000));
      const hash = open(path, ['sha256']);
      hash.add([{ offset: 0, length: 1000 }]);
      await writeFile(path, BYTES.subarray(1000, 3000), { flag: 'a' });
      hash.add([{ offset: 1000, length: 2000 }]);
      assert.deepEqual(await hash.digests(), [hex('sha256', BYTES.subarray(0, 3000))]);
    });

    test('a file that lost its end fails, also after further orders', async (t) => {
      const path = await fileOf(t);
      await truncate(path, 100);
      const hash = open(path, ['sha256']);
      hash.add([{ offset: 0, length: 101 }]);
      hash.add([{ offset: 0, length: 10 }]);
      await assert.rejects(hash.digests(), { code: 'EIO', message: /is shorter than what was written to it/ });
    });

    test('a file that is not there fails with its code', async (t) => {
      const hash = open(join(await fileOf(t), '..', 'other'), ['sha256']);
      hash.add([{ offset: 0, length: 1 }]);
      await assert.rejects(hash.digests(), { code: 'ENOENT' });
    });

    test('a hash that was dropped is no trouble to the next', async (t) => {
      const path = await fileOf(t);
      const hash = open(path, ['sha256']);
      hash.add([{ offset: 0, length: 9_000_000 }]);
      hash.drop();
      const next = open(path, ['sha256']);
      next.add([{ offset: 0, length: BYTES.length }]);
      assert.deepEqual(await next.digests(), [hex('sha256', BYTES)]);
    });
  });
}

test('many files at a time, each with its own digest', async (t) => {
  const digests = await Promise.all(
    Array.from({ length: 12 }, async (_, at) => {
      const path = await fileOf(t, BYTES.subarray(at));
      const hash = hashDisk(path, ['sha256'], BYTES.length);
      hash.add([{ offset: 0, length: 100 }]);
      hash.add([{ offset: 100, length: BYTES.length - at - 100 }]);
      return (await hash.digests())[0];
    }),
  );
  assert.deepEqual(
    digests,
    digests.map((_, at) => hex('sha256', BYTES.subarray(at))),
  );
});

for (const [what, ending, told] of [
  ['ends while nobody waits for a digest', '', 0],
  ['ends after a hash was dropped', 'hash.drop();', 0],
  ['lives until the digest is there that somebody waits for', 'hash.digests().then(([digest]) => console.log(digest));', 65],
] as const) {
  test(`a process ${what}`, () => {
    const module = resolve(import.meta.dirname, '..', '..', 'store', 'disk-hash.js');
    const program = `
      const { hashDisk } = await import(process.argv[1]);
      const hash = hashDisk(process.argv[1], ['sha256'], 1 << 20);
      hash.add([{ offset: 0, length: 5 }]);
      ${ending}`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program, module], { encoding: 'utf8', timeout: 20_000 });
    assert.deepEqual([status, stdout.length], [0, told]);
  });
}

test('where no thread may be started the digest comes all the same', () => {
  const module = resolve(import.meta.dirname, '..', '..', 'store', 'disk-hash.js');
  const program = `
    const { hashDisk } = await import(process.argv[1]);
    const hash = hashDisk(process.argv[1], ['sha256'], 1 << 20);
    hash.add([{ offset: 0, length: 5 }]);
    console.log((await hash.digests())[0]);`;
  const permissions = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings'];
  const { stdout, status } = spawnSync(process.execPath, [...permissions, '--input-type=module', '--eval', program, module], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.deepEqual([status, stdout.trim()], [0, hex('sha256', readFileSync(module).subarray(0, 5))]);
});

test('who waits for a digest that is dropped is told', async (t) => {
  const hash = hashDisk(await fileOf(t), ['sha256'], WORTH_A_THREAD);
  const waiting = hash.digests();
  hash.drop();
  await assert.rejects(waiting, /dropped/);
});
