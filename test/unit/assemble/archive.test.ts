import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import fc from 'fast-check';
import { openArchiveSink } from '#src/assemble/archive-sink.js';
import { bytesEntry, checkPaths, type Entry } from '#src/assemble/entry.js';
import { createMixedGzip } from '#src/assemble/mixed-gzip.js';
import { createTreeSink } from '#src/assemble/tree-sink.js';

const never = new AbortController().signal;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'assemble-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(path: string, entries: readonly Entry[]): Promise<{ sha256?: string; size: number }> {
  const sink = await openArchiveSink({ path, topDirectory: 'x-1', mtime: new Date(86_400_000), compression: 6, hashed: true, signal: never });
  try {
    for (const entry of entries) await sink.add(entry, Readable.from(entry.open(never)));
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return sink.result();
}

async function untar(bytes: Buffer): Promise<Map<string, { mode: number; mtime: number; body: Buffer }>> {
  const found = new Map<string, { mode: number; mtime: number; body: Buffer }>();
  const unpack = extract();
  unpack.on('entry', (header, stream, next) => {
    void buffer(stream).then((body) => {
      found.set(header.name, { mode: header.mode ?? 0, mtime: header.mtime?.getTime() ?? -1, body });
      next();
    });
  });
  await pipeline(Readable.from([bytes]), unpack);
  return found;
}

describe('the mixed gzip', () => {
  test('gives back what went in, whatever the chunks and forms', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 200_000, size: 'max' }), form: fc.constantFrom('stored', 'deflated') }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 70_000 }),
        (segments, chunk) => {
          const gzip = createMixedGzip(6);
          for (const { bytes, form } of segments) gzip.announce(bytes.length, form);
          const whole = Buffer.concat(segments.map(({ bytes }) => bytes));
          const chunks = Array.from({ length: Math.ceil(whole.length / chunk) }, (_, index) => whole.subarray(index * chunk, (index + 1) * chunk));
          const packed = Buffer.concat([...chunks.flatMap((each) => gzip.frame(each).pieces), ...gzip.end()]);
          assert.deepEqual(gunzipSync(packed), whole);
        },
      ),
      { numRuns: 30 },
    );
  });
  test('equal input gives equal output, however it was cut into chunks', () => {
    const text = Buffer.from('shrinkwrap '.repeat(300_000));
    const packed = [1000, 65_536, text.length].map((chunk) => {
      const gzip = createMixedGzip(6);
      gzip.announce(text.length, 'deflated');
      const hash = createHash('sha256');
      for (let at = 0; at < text.length; at += chunk) for (const piece of gzip.frame(text.subarray(at, at + chunk)).pieces) hash.update(piece);
      for (const piece of gzip.end()) hash.update(piece);
      return hash.digest('hex');
    });
    assert.equal(new Set(packed).size, 1);
  });
  test('refuses bytes that were not announced, and the lack of announced ones', () => {
    for (const announced of [3, 5]) {
      const gzip = createMixedGzip(6);
      gzip.announce(announced, 'stored');
      assert.throws(() => [gzip.frame(Buffer.from('four')), gzip.end()], /announced/);
    }
  });
});

describe('the archive', () => {
  const entries = [
    bytesEntry('a.txt', 'hello\n'.repeat(5000)),
    bytesEntry('b/big.snap', randomBytes(200_001)),
    bytesEntry('empty', ''),
    bytesEntry(`z/${'n'.repeat(90)}/run.sh`, '#!/bin/sh\n', 0o755),
  ];

  test('holds every entry with mode and time, twice the same bytes', async () => {
    await inFolder(async (folder) => {
      const [first, second] = [await write(join(folder, 'one', 'x.tar.gz'), entries), await write(join(folder, 'two', 'x.tar.gz'), entries)];
      assert.deepEqual(first, second);
      const bytes = await readFile(join(folder, 'one', 'x.tar.gz'));
      assert.equal(createHash('sha256').update(bytes).digest('hex'), first.sha256);
      assert.equal(bytes.length, first.size);
      const found = await untar(gunzipSync(bytes));
      assert.deepEqual(
        [...found.keys()],
        entries.map(({ path }) => `x-1/${path}`),
      );
      for (const { path, mode, size } of entries) {
        const entry = found.get(`x-1/${path}`);
        assert.deepEqual([entry?.mode, entry?.mtime, entry?.body.length], [mode, 86_400_000, size]);
      }
      assert.deepEqual(await readdir(join(folder, 'one')), ['x.tar.gz']);
    });
  });

  test('blobs of images are stored, other text is deflated', async () => {
    await inFolder(async (folder) => {
      const text = 'hello\n'.repeat(5000);
      const [blob, file] = await Promise.all(
        [`containers/blobs/sha256/${'a'.repeat(64)}`, 'containers/index.json'].map((path, at) =>
          write(join(folder, String(at), 'x.tar.gz'), [bytesEntry(path, text)]),
        ),
      );
      assert.ok((blob?.size ?? 0) > text.length && (file?.size ?? 0) < text.length, `${blob?.size} and ${file?.size} of ${text.length} bytes`);
    });
  });

  test('says of every entry the SHA-256 of what lies in the archive, large or small, stored or deflated', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'x.tar.gz');
      const sink = await openArchiveSink({ path, topDirectory: 'x-1', mtime: new Date(0), compression: 6, hashed: false, signal: never });
      const large = [bytesEntry('big.txt', randomBytes(3_000_000)), bytesEntry('big.tgz', randomBytes(3_000_001)), ...entries];
      const told: string[] = [];
      for (const entry of large) told.push(await (await sink.add(entry, entry.open(never))).sha256);
      await sink.finish();
      const found = await untar(gunzipSync(await readFile(path)));
      const really = large.map((entry) =>
        createHash('sha256')
          .update(found.get(`x-1/${entry.path}`)?.body ?? '')
          .digest('hex'),
      );
      assert.deepEqual(told, really);
    });
  });

  test('a path that fits no header below its top directory is told at once', () => {
    const path = `sources/${'a'.repeat(70)}/${'b'.repeat(70)}/${'c'.repeat(40)}`;
    checkPaths([path], 'x-1');
    assert.throws(() => checkPaths([path], 'charmed-kubernetes-1.26-stable'), /INPUT_INVALID/);
  });

  test('a path of two hundred letters keeps them all', async () => {
    await inFolder(async (folder) => {
      const path = `${'d'.repeat(99)}/${'n'.repeat(100)}`;
      await write(join(folder, 'x.tar.gz'), [bytesEntry(path, 'text')]);
      const found = await untar(gunzipSync(await readFile(join(folder, 'x.tar.gz'))));
      assert.deepEqual([...found.keys()], [`x-1/${path}`]);
    });
  });

  for (const [what, source] of [
    ['shorter', [Buffer.alloc(9)]],
    ['longer', [Buffer.alloc(11)]],
  ] as const) {
    test(`an entry that turns out ${what} fails, and nothing is left`, async () => {
      await inFolder(async (folder) => {
        const wrong: Entry = { path: 'wrong', mode: 0o644, size: 10, open: () => Readable.from(source) };
        await assert.rejects(write(join(folder, 'x.tar.gz'), [bytesEntry('a', 'a'), wrong]), /wrong/);
        assert.deepEqual(await readdir(folder), []);
      });
    });
  }

  test('an abort in the middle leaves nothing', async () => {
    await inFolder(async (folder) => {
      const controller = new AbortController();
      const sink = await openArchiveSink({
        path: join(folder, 'x.tar.gz'),
        topDirectory: 'x',
        mtime: new Date(0),
        compression: 6,
        hashed: false,
        signal: controller.signal,
      });
      await sink.add(bytesEntry('a', 'a'), Readable.from([Buffer.from('a')]));
      controller.abort();
      await assert.rejects(sink.add(bytesEntry('b', 'b'), Readable.from([Buffer.from('b')])).then(() => sink.finish()));
      await sink.abort();
      assert.deepEqual(await readdir(folder), []);
    });
  });

  test('a place that cannot be written is told with its path', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      await assert.rejects(
        write(join(folder, 'file', 'x.tar.gz'), entries),
        (error: Error) => 'code' in error && ['LOCAL_DISK', 'EEXIST', 'ENOTDIR'].includes(String(error.code)),
      );
    });
  });
});

describe('the tree', () => {
  test('keeps equal files, replaces others, removes only what an earlier tree listed', async () => {
    await inFolder(async (folder) => {
      const put = async (list: readonly Entry[]): Promise<void> => {
        const sink = await createTreeSink(folder, never);
        for (const entry of list) await sink.add(entry, Readable.from(entry.open(never)));
        await sink.finish();
      };
      const sums = (paths: readonly string[]): Entry => bytesEntry('SHA256SUMS', paths.map((path) => `${'0'.repeat(64)}  ${path}\n`).join(''));
      await put([bytesEntry('a', '1'), bytesEntry('old', 'x'), sums(['a', 'old'])]);
      await put([bytesEntry('a', '2'), sums(['a'])]);
      assert.deepEqual((await readdir(folder)).toSorted(), ['SHA256SUMS', 'a']);
      assert.equal(await readFile(join(folder, 'a'), 'utf8'), '2');
    });
  });
  test('refuses a folder that holds something else', async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'photos'));
      await assert.rejects(createTreeSink(folder, never), { code: 'USAGE_BAD' });
    });
  });
});

test('names that a stick, Windows or tar would refuse are told together', () => {
  const bad = ['/abs', 'a/../b', 'a:b', 'con.txt', 'end.', 'ü', 'n'.repeat(101), 'Same', 'same'];
  assert.throws(
    () => checkPaths(['fine/name_1.2.tgz', ...bad]),
    (error: { code: string; facts: { problems: { file: string }[] } }) =>
      error.code === 'INPUT_INVALID' &&
      error.facts.problems.map(({ file }) => file).join() === ['/abs', 'a/../b', 'a:b', 'con.txt', 'end.', 'ü', 'n'.repeat(101), 'same'].join(),
  );
});
