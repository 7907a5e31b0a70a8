/** Rewriting whatever comes, in whatever style: the text says what was asked for, or rewriteBundle itself throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isNode, isScalar, parseDocument, visit } from 'yaml';
import { type AppEdit, editBundle } from '#src/bundle/edit.js';
import { sameBundle } from '#src/bundle/fields-of.js';
import { formatBundle } from '#src/bundle/merged-text.js';
import { mergeBundle } from '#src/bundle/overlay.js';
import { readBundle } from '#src/bundle/read.js';
import { rewriteBundle } from '#src/bundle/rewrite.js';
import { anyBundle, anyOverlay, text as anyText } from './arbitrary.ts';

/** The same data dressed differently, as the dice fall. */
function styled(text: string, dice: Iterator<number>, options: { indent: number; indentSeq: boolean }): string {
  const throws = (wanted: number): boolean => dice.next().value === wanted;
  const document = parseDocument(text, { version: '1.1', intAsBigInt: true });
  visit(document, {
    Collection: (_, node) => {
      if (throws(0)) node.flow = true;
    },
    Pair: (_, pair) => {
      if (isNode(pair.key) && throws(1)) pair.key.commentBefore = ' before';
      if (isNode(pair.key) && throws(2)) pair.key.spaceBefore = true;
      if (isScalar(pair.value) && throws(3)) pair.value.comment = ' beside';
    },
    Scalar: (key, node) => {
      if (typeof node.value === 'string' && throws(4)) node.type = throws(5) ? 'QUOTE_SINGLE' : 'QUOTE_DOUBLE';
      if (key === 'value' && throws(6)) node.anchor = `x${dice.next().value}`;
    },
  });
  return document.toString({ ...options, lineWidth: 0 });
}

describe('any bundle, overlay and edits', () => {
  const anyEdit: fc.Arbitrary<AppEdit> = fc.record(
    {
      charm: fc.constantFrom('./charms/a_r1.charm', './b c.charm'),
      resources: fc.dictionary(fc.constantFrom('k', 'r'), fc.constantFrom('./r', './s')),
      series: fc.constant('jammy'),
      base: fc.constant('ubuntu@22.04'),
      options: fc.dictionary(fc.constantFrom('k', 'on', 'port'), fc.oneof(anyText, fc.integer(), fc.boolean())),
    },
    { requiredKeys: ['charm', 'resources'] },
  );

  it('are rewritten to what they merge and edit to', () => {
    fc.assert(
      fc.property(anyBundle, anyOverlay, fc.dictionary(fc.constantFrom('a', 'b', 'etcd'), anyEdit), (base, overlay, wanted) => {
        const source = readBundle(formatBundle(base), 'bundle.yaml');
        assert.ok(sameBundle(source.base.bundle, base), 'the formatted bundle is the bundle');
        const merged = mergeBundle(source.base.bundle, [overlay]);
        const edits = new Map(Object.entries(wanted).filter(([name]) => merged.applications.has(name)));
        const again = readBundle(rewriteBundle(source, merged, edits), 'bundle.yaml');
        assert.ok(sameBundle(again.base.bundle, editBundle(merged, edits)));
      }),
      { numRuns: 80 },
    );
  });

  it('are rewritten so whatever the style of the text: flow, comments, blank lines, quotes, anchors, indentation', () => {
    fc.assert(
      fc.property(
        anyBundle,
        anyOverlay,
        anyEdit,
        fc.infiniteStream(fc.nat(9)),
        fc.constantFrom(1, 2, 4),
        fc.boolean(),
        (base, overlay, edit, dice, indent, indentSeq) => {
          const source = readBundle(styled(formatBundle(base), dice, { indent, indentSeq }), 'bundle.yaml');
          // The printer of styles is not on trial: it folds what it may not fold now and then.
          fc.pre(sameBundle(source.base.bundle, base));
          const merged = mergeBundle(source.base.bundle, [overlay]);
          // Throws when the text does not say what it should.
          rewriteBundle(source, merged, new Map([...merged.applications.keys()].slice(0, 1).map((name) => [name, edit])));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keep every line of an application that nothing changes', () => {
    fc.assert(
      fc.property(anyBundle, anyEdit, (base, edit) => {
        const text = formatBundle({ ...base, applications: new Map([...base.applications, ['zz', { charm: 'zz' }]]) });
        const source = readBundle(text, 'bundle.yaml');
        const after = rewriteBundle(source, source.base.bundle, new Map([['zz', edit]]));
        assert.equal(after.slice(0, after.indexOf('  zz:')), text.slice(0, text.indexOf('  zz:')));
      }),
    );
  });
});
