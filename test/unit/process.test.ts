/** Programs of this machine: their lines, their exit codes, their end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProcess } from '#src/clients/process.js';
import { failure } from '../support/failure.ts';

const { signal } = new AbortController();
const env = { PATH: process.env['PATH'] ?? '' };

test('tells the lines of both streams and the exit code, without a shell and without our environment', async () => {
  const lines: string[] = [];
  const script = 'echo "$1|$HOME"; echo err >&2; cat; exit 3';
  const { exitCode } = await runProcess('sh', ['-c', script, 'sh', '$PATH; id'], {
    env,
    signal,
    input: 'in\n',
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
  });
  assert.equal(exitCode, 3);
  assert.deepEqual(lines.toSorted(), ['stderr err', 'stdout $PATH; id|', 'stdout in']);
});

test('reads nothing unless given something', async () => {
  assert.deepEqual(await runProcess('cat', [], { env, signal }), { exitCode: 0 });
});

test('much output does not pile up', async () => {
  let lines = 0;
  await runProcess('sh', ['-c', 'yes | head -n 200000'], { env, signal, onLine: () => (lines += 1) });
  assert.equal(lines, 200_000);
});

test('a program that is not there is LOCAL_TOOL', async () => {
  assert.deepEqual(await failure(runProcess('no-such-program', ['--password=secret'], { env, signal }), 'LOCAL_TOOL'), {
    tool: 'no-such-program',
    need: 'not found in PATH',
  });
});

test('an abort ends the program and throws the reason', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 30);
  await assert.rejects(runProcess('sleep', ['60'], { env, signal: controller.signal }), /enough/);
});
