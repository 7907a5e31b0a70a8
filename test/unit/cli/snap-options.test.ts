/** --snap and --snap-channel: channels in full, one form in the request and in the plan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestFromValues } from '#src/cli/request-from-values.js';
import { readValues } from '#src/cli/values.js';

const request = (...argv: string[]) => requestFromValues('x', readValues(['x', ...argv], 'pack', {}));

test('snaps and their channels are repeatable, and absent when nobody asks', () => {
  const { snaps, snapChannels } = request('--snap', 'lxd', '--snap', 'juju=3.6', '--snap-channel', 'core20=candidate', '--snap-channel=snapd=latest/edge/fix');
  assert.deepEqual(snaps, ['lxd', 'juju=3.6/stable']);
  assert.deepEqual(snapChannels, ['core20=latest/candidate', 'snapd=latest/edge/fix']);
  assert.ok(!('snaps' in request()) && !('snapChannels' in request()));
});

test('what is no name or no channel is a usage error', () => {
  for (const argv of [
    ['--snap', '../x'],
    ['--snap', 'lxd=a/b/c/d'],
    ['--snap', 'lxd='],
    ['--snap-channel', 'core20'],
    ['--snap-channel', '=stable'],
  ])
    assert.throws(() => request(...argv), /USAGE_BAD/, argv.join(' '));
});
