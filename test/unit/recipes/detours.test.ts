import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detourWarnings } from '#src/recipes/detours.js';

const detour = (name: string, passedOver: readonly string[], repository: string) => ({ name, passedOver, repository });

test('images that took the same way are one sentence, whatever order they come in', () => {
  assert.deepEqual(
    detourWarnings([
      detour('a.io/x:1', ['a.io'], 'b.io/cdk/x'),
      detour('c.io/z:1', [], 'c.io/z'),
      detour('a.io/y:1', ['a.io', 'd.io'], 'e.io/y'),
      detour('a.io/w:1', ['a.io'], 'b.io/cdk/w'),
    ]),
    ['cannot reach a.io: 2 images come from b.io instead', 'cannot reach a.io, d.io: image a.io/y:1 comes from e.io/y instead'],
  );
});

test('one name for two architectures is one image, and no detour says nothing', () => {
  assert.deepEqual(detourWarnings([detour('a.io/x:1', ['a.io'], 'b.io/x'), detour('a.io/x:1', ['a.io'], 'b.io/x')]), [
    'cannot reach a.io: image a.io/x:1 comes from b.io/x instead',
  ]);
  assert.deepEqual(detourWarnings([detour('a.io/x:1', [], 'a.io/x')]), []);
});
