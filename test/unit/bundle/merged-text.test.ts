/** A merged bundle as YAML and as JSON. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { sameBundle } from '#src/bundle/fields-of.js';
import { bundleToJson, formatBundle } from '#src/bundle/merged-text.js';
import { readBundle } from '#src/bundle/read.js';
import { anyBundle } from './arbitrary.ts';
import { mergedOf } from './support.ts';

const TEXT = `
description: d
services:
  b:
    charm: cs:b-1
    num_units: 0
    options: {yes: "yes", no: no, time: "1:30", mask: 0755, big: 12345678901234567890}
relations: [[b:x, a:y]]
---
applications:
  a: {charm: a, offers: {o: {endpoints: [e]}}, exposed-endpoints: {e: {expose-to-cidrs: [10.0.0.0/8]}}, storage: {}}
machines: {'10': , '2': {constraints: mem=1G}}
series: jammy
`;

describe('a merged bundle', () => {
  it('is one YAML document with applications at the top level', () => {
    assert.equal(
      formatBundle(mergedOf(TEXT)),
      `description: d
series: jammy
machines:
  "10": null
  "2":
    constraints: mem=1G
applications:
  b:
    charm: cs:b-1
    num_units: 0
    options:
      "yes": "yes"
      "no": false
      time: "1:30"
      mask: 493
      big: 12345678901234567890
  a:
    charm: a
    exposed-endpoints:
      e:
        expose-to-cidrs:
        - 10.0.0.0/8
    offers:
      o:
        endpoints:
        - e
relations:
- - b:x
  - a:y
`,
    );
  });

  it('is JSON with the same keys', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(bundleToJson(mergedOf(TEXT)))), {
      description: 'd',
      series: 'jammy',
      machines: { 10: null, 2: { constraints: 'mem=1G' } },
      applications: {
        b: { charm: 'cs:b-1', num_units: 0, options: { yes: 'yes', no: false, time: '1:30', mask: 493, big: '12345678901234567890' } },
        a: { charm: 'a', 'exposed-endpoints': { e: { 'expose-to-cidrs': ['10.0.0.0/8'] } }, offers: { o: { endpoints: ['e'] } } },
      },
      relations: [['b:x', 'a:y']],
    });
  });

  it('has applications also when there are none', () => assert.deepEqual(bundleToJson(mergedOf('name: n')), { name: 'n', applications: {} }));

  it('reads as the same bundle again, by our reader and with the same texts by any other of YAML 1.1', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        const text = formatBundle(bundle);
        assert.ok(sameBundle(readBundle(text, 'b.yaml').base.bundle, bundle));
        const other: unknown = parse(text, { version: '1.1', intAsBigInt: true });
        for (const [name, application] of bundle.applications) {
          for (const [key, value] of application?.options ?? [])
            if (typeof value === 'string' || typeof value === 'boolean') assert.deepEqual(at(other, 'applications', name, 'options', key), value);
        }
      }),
    );
  });
});

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Object.entries(found).find(([name]) => name === key)?.[1] : undefined),
    value,
  );
}
