/** Asserts that a promise fails with a code, and gives the facts. */
import assert from 'node:assert/strict';
import { type Code, type Facts, isShrinkwrapError } from '#src/domain/errors.js';

export async function failure<C extends Code>(promise: Promise<unknown>, code: C): Promise<Facts[C]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isShrinkwrapError(error), `wanted ${code}, got ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  assert.equal(error.code, code, error.message);
  return error.facts as Facts[C];
}
