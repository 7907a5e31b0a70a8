/** The header block: text, lists and maps by indentation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { HeaderValue } from '#src/assertion/assertion.js';
import { parseHeaders } from '#src/assertion/parse-headers.js';
import { formatHeaders } from '#scripts/pki/format-headers.js';

const parse = (text: string) => parseHeaders(Buffer.from(text), 'a test');

describe('headers', () => {
  it('reads text, empty text and text of several lines', () => {
    assert.deepEqual(parse('one: two: three\nempty: \nlines:\n    first\n      second\n    '), { one: 'two: three', empty: '', lines: 'first\n  second\n' });
  });

  it('reads lists, maps and their nesting', () => {
    const text = `plugs:
  content:
    allow-installation: true
    deny:
      -
        a: 1
        b:
            several
            lines
      - x
aliases:
  -
    name: kubectl
    target: kubectl
  -
    - 1
    - 2
  -
      text
      in a list`;
    assert.deepEqual(parse(text), {
      plugs: { content: { 'allow-installation': 'true', deny: [{ a: '1', b: 'several\nlines' }, 'x'] } },
      aliases: [{ name: 'kubectl', target: 'kubectl' }, ['1', '2'], 'text\nin a list'],
    });
  });

  it('keeps names that objects have of their own apart', () => {
    assert.deepEqual(parse('constructor: a\nvalueof: b'), { constructor: 'a', valueof: 'b' });
    assert.throws(() => parse('constructor: a\nconstructor: b'), /repeated header: \\\\?"constructor/);
  });

  const refused: Record<string, [string, RegExp]> = {
    'a line without a colon': ['just text', /header entry missing ':' separator/],
    'a name with capitals': ['Type: x', /invalid header name/],
    'a name with a trailing dash': ['type-: x', /invalid header name/],
    'a value without its space': ['type:x', /header entry should have a space or newline/],
    'an introduction without a block': ['type:', /expected 4 chars nesting prefix after multiline introduction .*EOF/],
    'a block that is not indented enough': ['type:\n   x', /expected 4 chars nesting prefix/],
    'a map entry without a colon': ['m:\n  key: x\n  other', /map entry missing ':' separator/],
    'a map key with capitals': ['m:\n  Key: x', /invalid map entry key/],
    'a repeated map key': ['m:\n  k: x\n  k: y', /repeated map entry/],
    'a list item without its space': ['l:\n  -x', /should have a space or newline/],
    'an indented line out of nowhere': ['a: b\n    c: d', /invalid header name/],
  };
  for (const [name, [text, problem]] of Object.entries(refused)) it(`refuses ${name}`, () => assert.throws(() => parse(text), problem));

  it('reads back whatever the signer writes', () => {
    const name = fc.stringMatching(/^[a-z](?:-?[a-z0-9]){0,6}$/);
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.string(), { minLength: 2, maxLength: 4 }).map((lines) => lines.join('\n')),
    );
    const { value } = fc.letrec<{ value: HeaderValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text.filter((one) => !one.includes('\r')),
        fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true }), (headers) => {
        assert.deepEqual(parse(formatHeaders(Object.entries(headers))), headers);
      }),
      { numRuns: 300 },
    );
  });
});
