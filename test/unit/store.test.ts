/** The store: nothing under its final name before it matched, nothing lost that another try can use. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { isShort } from '#src/store/checker.js';
import { openStore } from '#src/store/open-store.js';
import { digestOf, expectationOf, noise } from '../support/expectation.ts';
import { failure } from '../support/failure.ts';
import { tempDir } from '../support/temp-dir.ts';

const { signal } = new AbortController();

async function* chunks(...parts: readonly (Buffer | string | Error)[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

const partials = (dir: string): string[] => readdirSync(join(dir, 'v1/partial'));

test('keeps a file under its first digest and finds it by digest and size', async (t) => {
  const dir = tempDir(t);
  const store = await openStore(dir);
  const expect = expectationOf('hello', ['sha3-384', 'sha256', 'sha512', 'sha384']);
  const key = digestOf('hello', 'sha3-384');
  assert.equal(await store.find(key, 5), undefined);
  const totals: number[] = [];
  const path = await store.write(chunks('he', 'llo'), expect, { offset: 0, signal, onBytes: (total) => totals.push(total) });
  assert.equal(path, join(dir, 'v1/sha3-384', key.hex.slice(0, 2), key.hex));
  assert.equal(readFileSync(path, 'utf8'), 'hello');
  assert.deepEqual(totals, [2, 5]);
  assert.equal(await store.find(key, 5), path);
  assert.equal(await store.find(key, 6), undefined);
  assert.equal(await (await openStore(dir)).find(key, 5), path);
  assert.deepEqual(partials(dir), []);
});

test('keeps an empty file', async (t) => {
  const store = await openStore(tempDir(t));
  const path = await store.put(Buffer.alloc(0), expectationOf(''));
  assert.equal(statSync(path).size, 0);
});

test('refuses bytes that match one digest of two, and keeps nothing', async (t) => {
  const dir = tempDir(t);
  const store = await openStore(dir);
  const expect = { what: 'snap core', size: 5, digests: [digestOf('hello'), digestOf('other', 'sha512')] };
  const facts = await failure(store.put(Buffer.from('hello'), expect), 'INTEGRITY_MISMATCH');
  assert.deepEqual(facts, { what: 'snap core', field: 'sha512', wanted: digestOf('other', 'sha512').hex, found: digestOf('hello', 'sha512').hex });
  assert.equal(await store.find(digestOf('hello'), 5), undefined);
  assert.deepEqual(partials(dir), []);
});

test('refuses a file that is one byte longer, without reading on', async (t) => {
  const dir = tempDir(t);
  const store = await openStore(dir);
  let pulled = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (; ; pulled += 1) yield Buffer.alloc(64 * 1024, 'x');
  }
  const facts = await failure(store.write(endless(), expectationOf('x'.repeat(100_000)), { offset: 0, signal }), 'INTEGRITY_MISMATCH');
  assert.deepEqual([facts.field, facts.wanted, facts.found], ['size', '100000', 'more than 100000']);
  assert.ok(pulled < 50, `pulled ${pulled} chunks`);
  assert.deepEqual(partials(dir), []);
});

test('refuses an expectation without digest', async (t) => {
  const store = await openStore(tempDir(t));
  await assert.rejects(async () => store.put(Buffer.from('x'), { what: 'x', size: 1, digests: [] }), /INTEGRITY_MISMATCH/);
});

test('a source that breaks leaves its beginning, and the rest is appended to it', async (t) => {
  const dir = tempDir(t);
  const store = await openStore(dir);
  const bytes = noise(10_000);
  const expect = expectationOf(bytes, ['sha256', 'sha3-384']);
  const key = digestOf(bytes);
  await assert.rejects(store.write(chunks(bytes.subarray(0, 6000), new Error('cut')), expect, { offset: 0, signal }), /cut/);
  assert.equal(statSync(store.partialPath(key)).size, 6000);
  assert.equal(await store.find(key, 10_000), undefined);
  const path = await store.write(chunks(bytes.subarray(4000)), expect, { offset: 4000, signal });
  assert.deepEqual(readFileSync(path), bytes);
  assert.deepEqual(partials(dir), []);
});

test('a source that ends early leaves its beginning and is told apart from a wrong one', async (t) => {
  const store = await openStore(tempDir(t));
  const error: unknown = await store.write(chunks('hel'), expectationOf('hello'), { offset: 0, signal }).catch((reason: unknown) => reason);
  assert.ok(isShort(error));
  assert.equal(readFileSync(store.partialPath(digestOf('hello')), 'utf8'), 'hel');
  const wrong: unknown = await store.put(Buffer.from('jello'), expectationOf('hello')).catch((reason: unknown) => reason);
  assert.ok(!isShort(wrong));
  assert.ok(!existsSync(store.partialPath(digestOf('hello'))), 'wrong bytes take the partial with them');
});

test('a restart that breaks sooner does not cost the longer beginning', async (t) => {
  const store = await openStore(tempDir(t));
  const expect = expectationOf('hello');
  await assert.rejects(store.write(chunks('hell', new Error('cut')), expect, { offset: 0, signal }));
  await assert.rejects(store.write(chunks('h', new Error('cut')), expect, { offset: 0, signal }));
  assert.equal(readFileSync(store.partialPath(digestOf('hello')), 'utf8'), 'hell');
});

test('a beginning that was tampered with is found out', async (t) => {
  const store = await openStore(tempDir(t));
  writeFileSync(store.partialPath(digestOf('hello')), 'hall');
  await failure(store.write(chunks('o'), expectationOf('hello'), { offset: 4, signal }), 'INTEGRITY_MISMATCH');
});

test('an abort stops a source that never yields, and keeps what came', async (t) => {
  const dir = tempDir(t);
  const store = await openStore(dir);
  const controller = new AbortController();
  const source = new Readable({ read: () => undefined });
  source.push('hel');
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await assert.rejects(store.write(source, expectationOf('hello'), { offset: 0, signal: controller.signal }), /enough/);
  assert.equal(readFileSync(store.partialPath(digestOf('hello')), 'utf8'), 'hel');
  assert.equal(partials(dir).length, 1);
});

test('two writers of the same bytes share one write, and the second source is let go', async (t) => {
  const store = await openStore(tempDir(t));
  const expect = expectationOf('hello');
  const second = new Readable({ read: () => undefined });
  const [a, b] = await Promise.all([store.write(chunks('hel', 'lo'), expect, { offset: 0, signal }), store.write(second, expect, { offset: 0, signal })]);
  assert.equal(a, b);
  assert.ok(second.destroyed);
});

test('a broken file under the final name does not count and is replaced', async (t) => {
  const store = await openStore(tempDir(t));
  const path = await store.put(Buffer.from('hello'), expectationOf('hello'));
  writeFileSync(path, 'hell');
  assert.equal(await store.find(digestOf('hello'), 5), undefined);
  await store.put(Buffer.from('hello'), expectationOf('hello'));
  assert.equal(readFileSync(path, 'utf8'), 'hello');
});

test('what a killed process left is a partial again; what is old or empty goes; what runs stays', async (t) => {
  const dir = tempDir(t);
  const folder = join(dir, 'v1/partial');
  mkdirSync(folder, { recursive: true });
  const dead = 2 ** 22 + 1;
  writeFileSync(join(folder, `sha256-aa.${dead}-1`), 'left');
  writeFileSync(join(folder, `sha256-bb.${dead}-2`), '');
  writeFileSync(join(folder, `sha256-cc.${dead}-3`), 'x');
  writeFileSync(join(folder, 'sha256-cc'), 'longer');
  writeFileSync(join(folder, `sha256-dd.${process.ppid}-1`), 'runs');
  writeFileSync(join(folder, 'sha256-ee'), 'old');
  writeFileSync(join(folder, `sha256-ff.${process.pid}-999999`), 'of an earlier process with our number');
  utimesSync(join(folder, 'sha256-ee'), 0, 0);
  await openStore(dir);
  const found = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  assert.deepEqual(found, {
    'sha256-aa': 'left',
    'sha256-cc': 'longer',
    [`sha256-dd.${process.ppid}-1`]: 'runs',
    'sha256-ff': 'of an earlier process with our number',
  });
});

test('a file in the way of the store is LOCAL_DISK with its path', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'v1'), '');
  const facts = await failure(openStore(dir), 'LOCAL_DISK');
  assert.equal(facts.path, dir);
});

test('when the disk fills up, the beginning waits for room', async (t) => {
  const store = await openStore(tempDir(t));
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
  const facts = await failure(store.write(chunks('hel', full), expectationOf('hello'), { offset: 0, signal }), 'LOCAL_DISK');
  assert.match(facts.reason, /no space/);
  assert.equal(readFileSync(store.partialPath(digestOf('hello')), 'utf8'), 'hel');
});

test('bytes that arrived just before the stream broke are kept', async (t) => {
  const store = await openStore(tempDir(t));
  const source = new Readable({ read: () => undefined });
  source.push('he');
  source.push('ll');
  source.destroy(new Error('cut'));
  await assert.rejects(store.write(source, expectationOf('hello'), { offset: 0, signal }), /cut/);
  assert.equal(readFileSync(store.partialPath(digestOf('hello')), 'utf8'), 'hell');
});

test('a stream that is closed before its end is no end', async (t) => {
  const store = await openStore(tempDir(t));
  const source = new Readable({ read: () => undefined });
  source.push('hello');
  setTimeout(() => source.destroy(), 5);
  await assert.rejects(store.write(source, expectationOf('hello world'), { offset: 0, signal }), /closed before its end/);
});

test('nor is one that was closed before anybody read it', async (t) => {
  const store = await openStore(tempDir(t));
  const source = new Readable({ read: () => undefined });
  source.push('hello');
  source.destroy();
  await once(source, 'close');
  await assert.rejects(store.write(source, expectationOf('hello world'), { offset: 0, signal }), /closed before its end/);
});
