/** CRC-32 by arithmetic: what zlib says of the whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { addCrc, joinCrc, noteCrc } from '#src/assemble/crc.js';

test('the sums of two pieces make the sum of both together', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      assert.equal(joinCrc(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
    }),
  );
  assert.equal(joinCrc(crc32('1234'), crc32('56789'), 5), 0xcbf43926);
});

test('also where the second piece is longer than 4 GiB', () => {
  // 2^32 + 3 zero bytes, as twice 2^31 and three: by parts and at once.
  const half = zeros(2 ** 31);
  const whole = joinCrc(joinCrc(half, half, 2 ** 31), crc32(Buffer.alloc(3)), 3);
  assert.equal(joinCrc(crc32('x'), whole, 2 ** 32 + 3), joinCrc(joinCrc(joinCrc(crc32('x'), half, 2 ** 31), half, 2 ** 31), crc32(Buffer.alloc(3)), 3));
});

test('a sum that was noted is used, any other computed', () => {
  const bytes = Buffer.from('56789');
  assert.equal(addCrc(crc32('1234'), bytes), 0xcbf43926);
  noteCrc(bytes, crc32('56789'));
  assert.equal(addCrc(crc32('1234'), bytes), 0xcbf43926);
});

/** The sum of so many zero bytes, a power of two, by doubling. */
function zeros(length: number): number {
  let crc = crc32(Buffer.alloc(1));
  for (let done = 1; done < length; done *= 2) crc = joinCrc(crc, crc, done);
  return crc;
}
