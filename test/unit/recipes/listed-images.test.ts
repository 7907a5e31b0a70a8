/** Lists of images: what a line says, which lines are left, what they are called. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { ShrinkwrapError } from '#src/domain/errors.js';
import { listLines } from '#src/domain/image-list.js';
import { globToRegExp } from '#src/recipes/images/glob.js';
import { listNames } from '#src/recipes/list-names.js';
import { listedImages, type Filters } from '#src/recipes/images/listed-images.js';

const LISTS = join(process.env['SHRINKWRAP_DATA'] ?? resolve(import.meta.dirname, '../../../../../shared/data'), 'bundle/container-images');

const list = (text: string, file = 'a/list.txt') => ({ file, bytes: Buffer.from(text) });
const names = (text: string, filters: Filters = {}): string[] => listedImages([list(text)], filters).images.map(({ name }) => name);

function problems(run: () => unknown): readonly { file?: string; line?: number; message: string }[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ShrinkwrapError && error.code === 'INPUT_INVALID');
    return (error as ShrinkwrapError<'INPUT_INVALID'>).facts.problems;
  }
  return assert.fail('nothing was refused');
}

describe('lines of a list', () => {
  test('blank lines, comments, carriage returns and a byte order mark say nothing; numbers count every line', () =>
    assert.deepEqual(listLines('\uFEFF# x\r\n\r\na/b:1\t# why\r\n\n  c/d:2#e \n'), [
      { line: 3, text: 'a/b:1' },
      { line: 5, text: 'c/d:2#e' },
    ]));
  test('whatever stands around them, the references come out with their lines', () => {
    const reference = fc.stringMatching(/^[a-z0-9]{1,8}(\/[a-z0-9]{1,8}){0,2}:[a-z0-9]{1,5}$/);
    const noise = fc.constantFrom('', '  ', '# comment', '\t# a/b:1');
    const lines = fc.array(fc.oneof(reference, noise), { maxLength: 30 });
    fc.assert(
      fc.property(lines, fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '  '), (all, end, indent) => {
        const wanted = all.flatMap((text, index) => (/^[^\s#]/.test(text) ? [{ line: index + 1, text }] : []));
        assert.deepEqual(listLines(all.map((text) => `${indent}${text}`).join(end)), wanted);
      }),
    );
  });
});

describe('the images of lists', () => {
  test('names come out as every tool reads them, each once, with the lines that want it', () =>
    assert.deepEqual(
      listedImages([list('nginx\nrocks.canonical.com:443/cdk/pause:3.9\n'), list('docker.io/library/nginx:latest\nnginx\n', 'b/list.txt')], {}).images,
      [
        {
          name: 'docker.io/library/nginx:latest',
          written: ['nginx', 'docker.io/library/nginx:latest'],
          reasons: ['list.txt:1', 'list.txt-2:1', 'list.txt-2:2'],
        },
        { name: 'rocks.canonical.com/cdk/pause:3.9', written: ['rocks.canonical.com:443/cdk/pause:3.9'], reasons: ['list.txt:2'] },
      ],
    ));
  test('every bad line is told with the file as the user named it', () => {
    const bad = problems(() => listedImages([list('a:1\nb/C:1\n'), list('x y\n', '-'), list(`d@sha256:12\n`, 'd.txt')], {}));
    assert.deepEqual(
      bad.map(({ file, line }) => [file, line]),
      [
        ['a/list.txt', 2],
        ['stdin', 1],
        ['d.txt', 1],
      ],
    );
  });
  test('prefix and globs look at the full name and at the one that is written', () => {
    const text = 'nginx:1.25\nquay.io/x/csi-a:1\nrocks.canonical.com:443/cdk/pause:3.9\n';
    assert.deepEqual(names(text, { registryPrefix: 'docker.io' }), ['docker.io/library/nginx:1.25']);
    assert.deepEqual(names(text, { registryPrefix: 'rocks.canonical.com:443/' }), ['rocks.canonical.com/cdk/pause:3.9']);
    assert.deepEqual(names(text, { excludes: ['*/csi-*', 'nginx:*'] }), ['rocks.canonical.com/cdk/pause:3.9']);
    assert.deepEqual(listedImages([list(text)], { excludes: ['ngin'] }).warnings, ['--exclude ngin matches none of the images']);
  });
  test('a list of nothing and filters that leave nothing are refused', () => {
    assert.match(problems(() => names('# empty\n'))[0]?.message ?? '', /no image is named in it/);
    assert.match(problems(() => names('a:1\n', { excludes: ['*'] }))[0]?.message ?? '', /none of its 1 images is left/);
  });
  test('the lists of the bundle repository are read without a problem', { skip: existsSync(LISTS) ? false : 'no upstream data here' }, () => {
    const lists = readdirSync(LISTS).map((file) => ({ file, bytes: readFileSync(join(LISTS, file)) }));
    assert.ok(listedImages(lists, {}).images.length > 100);
  });
});

test('a glob is the whole text, and only * and ? are special in it', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/[*?]/.test(text)),
      (text) => globToRegExp(text).test(text),
    ),
  );
  assert.ok(globToRegExp('a.c/*:?').test('a.c/d/e:1'));
  for (const other of ['abc/d:1', 'a.c/d:12', 'xa.c/d:1']) assert.ok(!globToRegExp('a.c/*:?').test(other), other);
});

test('lists of one name are told apart, whatever the case of their letters, and again the same way', () => {
  const called = listNames(['a/list.txt', 'b/List.txt', '-', 'über list', './list.txt-2', 'list.txt']);
  assert.deepEqual(called, ['list.txt', 'List.txt-2', 'stdin', '_ber_list', 'list.txt-2-2', 'list.txt-3']);
  assert.deepEqual(listNames(called), called);
});
