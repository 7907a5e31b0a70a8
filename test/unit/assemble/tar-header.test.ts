/** Headers of tars, read back by tar-stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { TAR_END, tarHeader } from '#src/assemble/tar-header.js';

async function readBack(header: Buffer): Promise<Header> {
  const tar = extract();
  tar.end(Buffer.concat([header, TAR_END]));
  for await (const entry of tar) {
    entry.resume();
    return entry.header;
  }
  assert.fail('no entry');
}

const part = fc.stringMatching(/^[A-Za-z0-9._+-]{1,100}$/);

test('any path that fits, with mode and time, comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), fc.constantFrom(0o644, 0o755), fc.nat(2 ** 31), async (parts, mode, seconds) => {
      const path = parts.join('/');
      const fits = path.length <= 100 || parts.some((_, at) => at > 0 && parts.slice(0, at).join('/').length <= 155 && parts.slice(at).join('/').length <= 100);
      if (!fits) {
        assert.throws(() => tarHeader(path, 0), { code: 'INPUT_MALFORMED' });
        return;
      }
      const found = await readBack(tarHeader(path, 0, { mode, mtime: new Date(seconds * 1000 + 999) }));
      assert.deepEqual([found.name, found.mode, found.mtime?.getTime(), found.size, found.type], [path, mode, seconds * 1000, 0, 'file']);
    }),
  );
});

test('a path that is empty or ends in a slash where it would be cut is refused', () => {
  for (const path of ['', 'n'.repeat(101), `${'d'.repeat(101)}/`, `${'d'.repeat(156)}/n`]) assert.throws(() => tarHeader(path, 0), { code: 'INPUT_MALFORMED' });
});
