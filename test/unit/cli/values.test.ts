import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { exitCode } from '#src/cli/exit-code.js';
import { errorDocument, errorLines } from '#src/cli/error-output.js';
import { helpText } from '#src/cli/help.js';
import { requestFromValues } from '#src/cli/request-from-values.js';
import { readConfig } from '#src/cli/read-config.js';
import { readValues } from '#src/cli/values.js';
import { ShrinkwrapError, type Code } from '#src/domain/errors.js';

const usage = { code: 'USAGE_BAD' };

describe('option values', () => {
  test('flags win over the environment, the environment over shrinkwrap.yaml', () => {
    const config = readConfig('channel: 1.24/stable\njobs: 2\nretries: 9\n');
    const environment = { SHRINKWRAP_CHANNEL: '1.25/stable', SHRINKWRAP_JOBS: '3' };
    const values = readValues(['x', '-c', '1.26/stable'], 'pack', environment, config);
    assert.deepEqual([values.text('channel'), values.text('jobs'), values.text('retries'), values.positionals], ['1.26/stable', '3', '9', ['x']]);
  });
  test('repeatable options collect, single ones take the last', () => {
    const values = readValues(['--overlay', 'a', '--overlay=b', '-c', '1', '-c', '2'], 'pack', {});
    assert.deepEqual([values.all('overlay'), values.text('channel')], [['a', 'b'], '2']);
  });
  test('the old spelling of --use-path still works', () => assert.equal(readValues(['--use_path', 'dir'], 'pack', {}).text('use-path'), 'dir'));
  test('an unknown option names the nearest one', () =>
    assert.throws(
      () => readValues(['--chanel', 'x'], 'pack', {}),
      (error: ShrinkwrapError<'USAGE_BAD'>) => error.facts.message.includes('--channel'),
    ));
  test('an option of another verb is refused', () => assert.throws(() => readValues(['--listen', '0:0'], 'pack', {}), usage));
  test('a missing value is refused', () => assert.throws(() => readValues(['--channel'], 'pack', {}), usage));
  test('a value for a switch is refused', () => assert.throws(() => readValues(['--json=yes'], 'pack', {}), usage));
  test('an unknown key of shrinkwrap.yaml is refused', () => assert.throws(() => readConfig('chanel: x'), usage));
  test('a refused value is told without the login in it', () =>
    assert.throws(
      () => requestFromValues('x', readValues(['--registry', 'https://me:secret@reg.lan/below'], 'pack', {})),
      (error: ShrinkwrapError<'USAGE_BAD'>) => !error.message.includes('secret') && error.facts.message.includes('https://***@reg.lan/below'),
    ));
  test('-- ends the options', () => assert.deepEqual(readValues(['--', '--json'], 'pack', {}).positionals, ['--json']));
});

describe('requests', () => {
  const request = (...argv: string[]) => requestFromValues('charmed-kubernetes', readValues(argv, 'pack', {}));
  test('architectures come comma-separated or repeated, default amd64', () => {
    assert.deepEqual(request().archs, ['amd64']);
    assert.deepEqual(request('-a', 'arm64,amd64', '-a', 's390x').archs, ['arm64', 'amd64', 's390x']);
  });
  test('an unknown architecture is an upstream matter, with what exists', () => assert.throws(() => request('-a', 'x86_64'), { code: 'UPSTREAM_NOT_FOUND' }));
  test('a bad channel or registry is a bad flag value', () => {
    assert.throws(() => request('-c', '1.26/fast'), usage);
    assert.throws(() => request('--registry', 'host/path'), usage);
  });
  test('channels are completed', () => assert.equal(request('-c', '1.26').channel, '1.26/stable'));
});

describe('errors', () => {
  const codes: Readonly<Record<Code, number>> = {
    USAGE_BAD: 2,
    INPUT_ABSENT: 3,
    INPUT_MALFORMED: 3,
    INPUT_INVALID: 3,
    UPSTREAM_NOT_FOUND: 4,
    UPSTREAM_ANSWER: 4,
    NETWORK_UNREACHABLE: 5,
    NETWORK_STATUS: 5,
    NETWORK_DENIED: 5,
    INTEGRITY_MISMATCH: 6,
    INTEGRITY_SNAP: 6,
    LOCAL_DISK: 7,
    LOCAL_TOOL: 7,
    PARTIAL_FAILED: 8,
    INTERRUPTED: 130,
  };
  for (const [code, expected] of Object.entries(codes)) test(`${code} exits ${expected}`, () => assert.equal(exitCode(code as Code), expected));
  test('list every problem with its place', () => {
    const error = new ShrinkwrapError('INPUT_INVALID', {
      what: 'bundle',
      problems: [
        { file: 'b.yaml', line: 3, column: 5, code: 'x', message: 'no charm' },
        { code: 'y', message: 'nowhere' },
      ],
    });
    assert.equal(errorLines(error, false), 'error: bundle is invalid: 2 problems\n  b.yaml:3:5: no charm\n  nowhere\n');
    const { error: document } = JSON.parse(errorDocument(error)) as { error: { code: string; problems: unknown[] } };
    assert.equal(document.code, 'INPUT_INVALID');
    assert.deepEqual(document.problems[0], { code: 'x', column: 5, file: 'b.yaml', line: 3, message: 'no charm' });
  });
  test('name the snap that is not trusted, and the option for a root of its own', () => {
    const error = new ShrinkwrapError('INTEGRITY_SNAP', {
      snap: 'k8s r7 amd64',
      question: 'signing key',
      of: 'account-key (X)',
      found: 'no matching public key',
    });
    const [message, ...rest] = errorLines(error, false).split('\n');
    assert.equal(message, 'error: snap k8s r7 amd64 cannot be trusted: signing key of account-key (X)');
    assert.match(rest.join('\n'), /^ {2}no matching public key\n {2}--snap-trust FILE /);
  });
  test('show no stack without --debug', () => {
    assert.doesNotMatch(errorLines(new Error('boom'), false), /\n\s+at /);
    assert.match(errorLines(new Error('boom'), true), /\n\s+at /);
  });
});

test('--help fits 80 columns and names every verb that works', () => {
  const long = helpText()
    .split('\n')
    .filter((line) => line.length > 80);
  assert.deepEqual(long, []);
  for (const word of ['shrinkwrap plan', 'shrinkwrap serve', 'shrinkwrap bundle', 'shrinkwrap why', '--snap-trust', '--registry-mirror', 'SOURCE_DATE_EPOCH'])
    assert.ok(helpText().includes(word), word);
});
