/** Places of an image in order: the first that has it, hosts that cannot be reached passed over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShrinkwrapError } from '#src/domain/errors.js';
import { formatImageRef, parseImageRef } from '#src/domain/image-ref.js';
import { imageFinder } from '#src/recipes/find-image.js';
import type { Upstream } from '#src/recipes/upstream.js';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const places = (...names: string[]) => names.map(parseImageRef);

/** A port whose registries are: those that have the names, those that are down, the rest without the image. */
function registries(has: readonly string[], down: readonly string[], denied: readonly string[] = []) {
  const asked: string[] = [];
  const resolve = (ref: ReturnType<typeof parseImageRef>): Promise<unknown> => {
    const name = formatImageRef(ref);
    asked.push(name);
    if (down.includes(ref.host)) throw new ShrinkwrapError('NETWORK_UNREACHABLE', { host: ref.host, tries: 5, reason: 'ENOTFOUND' });
    if (denied.includes(ref.host)) throw new ShrinkwrapError('NETWORK_DENIED', { url: name, status: 403, detail: '' });
    return Promise.resolve(has.includes(name) ? { repository: name } : undefined);
  };
  return { asked, find: imageFinder({ images: { resolve } } as unknown as Upstream) };
}

test('the first place that has it, and later ones are not asked', async () => {
  const { asked, find } = registries(['b.io/x:1', 'c.io/x:1'], []);
  assert.deepEqual(await find(places('a.io/x:1', 'b.io/x:1', 'c.io/x:1'), AMD64), { resolved: { repository: 'b.io/x:1' }, passedOver: [] });
  assert.deepEqual(asked, ['a.io/x:1', 'b.io/x:1']);
  assert.equal(await find(places('a.io/x:1'), AMD64), undefined);
});

test('a host that cannot be reached is passed over, named, and not asked for the next image', async () => {
  const { asked, find } = registries(['b.io/x:1', 'b.io/y:1'], ['a.io']);
  assert.deepEqual((await find(places('a.io/x:1', 'b.io/x:1'), AMD64))?.passedOver, ['a.io']);
  assert.deepEqual((await find(places('a.io/y:1', 'b.io/y:1'), AMD64))?.passedOver, ['a.io']);
  assert.deepEqual(asked, ['a.io/x:1', 'b.io/x:1', 'b.io/y:1']);
});

test('an image that no reachable place has is not absent but out of reach', async () => {
  const { find } = registries([], ['a.io']);
  await assert.rejects(find(places('a.io/x:1', 'b.io/x:1'), AMD64), { code: 'NETWORK_UNREACHABLE' });
});

test('a refused login is no reason to look elsewhere', async () => {
  const { asked, find } = registries(['b.io/x:1'], [], ['a.io']);
  await assert.rejects(find(places('a.io/x:1', 'b.io/x:1'), AMD64), { code: 'NETWORK_DENIED' });
  assert.deepEqual(asked, ['a.io/x:1']);
});

test('a place that costs a request to know is asked for only when its turn comes', async () => {
  const { find } = registries(['a.io/x:1', 'z.io/x:1'], []);
  const last = (): Promise<never> => assert.fail('not its turn');
  assert.equal((await find([...places('a.io/x:1'), last], AMD64))?.resolved.repository, 'a.io/x:1');
  assert.equal((await find([...places('b.io/x:1'), () => Promise.resolve(parseImageRef('z.io/x:1'))], AMD64))?.resolved.repository, 'z.io/x:1');
  assert.equal(await find([() => Promise.resolve(undefined)], AMD64), undefined);
});
