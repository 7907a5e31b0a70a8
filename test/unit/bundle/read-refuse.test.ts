/** What is refused at reading: every problem at once, each with its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBundle, readBundles } from '#src/bundle/read.js';
import { bundleOf, problemsOf, shownProblems } from './support.ts';

describe('refusing a bundle', () => {
  const refused = (text: string): string[] => shownProblems(problemsOf(() => readBundle(text, 'b.yaml')));

  it('tells every problem in the order of the text', () => {
    assert.deepEqual(
      refused(`applications:
  a:
    charm: [a]
    num_units: three
    trust: "true"
    options: 7
    to: {x: y}
  b: nonsense
relations:
- a
- [a, [b, c]]
machines: []
`),
      [
        'b.yaml:3:12 type charm of application "a" must be text, not a list',
        'b.yaml:4:16 type num_units of application "a" must be a whole number, not "three"',
        'b.yaml:5:12 type trust of application "a" must be true or false, not "true"',
        'b.yaml:6:14 type options of application "a" must be a map, not "7"',
        'b.yaml:7:9 type to of application "a" must be a list of texts, not a map',
        'b.yaml:8:6 type application "b" must be a map',
        'b.yaml:10:3 type a relation must be a list of texts, not "a"',
        'b.yaml:11:7 type a relation must be text, not a list',
        'b.yaml:12:11 type machines must be a map, not a list',
      ],
    );
  });

  it('tells syntax errors with their place and nothing of what follows from them', () => {
    assert.deepEqual(refused('applications:\n  a: {charm: a\nrelations: 7\n'), [
      'b.yaml:3:1 yaml Flow map in block collection must be sufficiently indented and end with a }',
    ]);
  });

  it('tells an alias without anchor', () => {
    assert.deepEqual(refused('applications: {a: *nobody}'), ['b.yaml:1:19 yaml unknown anchor "nobody" referenced']);
  });

  it('refuses applications beside services, scale beside num_units, placement without Kubernetes', () => {
    assert.deepEqual(refused('applications: {a: {charm: a}}\nservices: {b: {charm: b}}'), [
      'b.yaml:2:1 services cannot specify both applications and services',
    ]);
    assert.deepEqual(refused('applications: {a: {charm: a, scale: 1, num_units: 2}}'), [
      'b.yaml:1:37 scale-and-units cannot specify both scale and num_units for application "a"',
    ]);
    assert.deepEqual(refused('applications: {a: {charm: a, placement: x=y}}'), [
      'b.yaml:1:41 placement placement (x=y) not valid for non-Kubernetes application "a"',
    ]);
    assert.deepEqual(refused('bundle: kubernetes\napplications: {a: {charm: a, scale: 1, placement: x=y, to: [z=y]}}'), [
      'b.yaml:2:51 placement cannot specify both placement and to for application "a"',
    ]);
  });

  it('refuses an empty text and one that is no map', () => {
    assert.deepEqual(refused(''), ['b.yaml:1:1 empty malformed bundle: bundle is empty']);
    assert.deepEqual(refused('# nothing\n'), ['b.yaml:1:1 empty malformed bundle: bundle is empty']);
    assert.deepEqual(refused('- a\n'), ['b.yaml:1:1 type a bundle must be a map']);
  });

  it('tells the problems of several files together, sorted by file', () => {
    const problems = problemsOf(() =>
      readBundles([
        { text: 'relations: 1', file: 'z.yaml' },
        { text: 'machines: 1', file: 'a.yaml' },
      ]),
    );
    assert.deepEqual(
      problems.map(({ file }) => file),
      ['a.yaml', 'z.yaml'],
    );
  });

  it('survives an anchor that holds itself and one that multiplies', () => {
    const lines = (first: string, next: (times: string) => string): string =>
      [first, ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `x${n}: &x${n} ${next(Array.from({ length: 10 }, () => `*x${n - 1}`).join(', '))}`)].join('\n');
    assert.deepEqual(refused(`${lines('x0: &x0 [a, a]', (all) => `[${all}]`)}\napplications: {a: {charm: a, options: {o: *x9}}}\n`).slice(-1), [
      'b.yaml:10:9 yaml x9: Excessive alias count indicates a resource exhaustion attack',
    ]);
    const merges = lines('x0: &x0 {charm: a}', (all) => `{<<: [${all}]}`).replaceAll(/^/gm, '  ');
    assert.equal(bundleOf(`applications:\n${merges}\n`).applications.get('x9')?.charm, 'a');
    assert.deepEqual(refused('applications: {a: {charm: a, options: {o: &o [*o]}}}'), ['b.yaml:1:47 yaml anchor "o" value contains itself']);
    assert.deepEqual(refused('applications: &a {<<: *a, b: {charm: b}}'), ['b.yaml:1:23 yaml anchor "a" value contains itself']);
    assert.deepEqual(refused('applications: {a: {charm: a, options: {? [x] : y}}}'), ['b.yaml:1:42 yaml a key must be text']);
  });
});
