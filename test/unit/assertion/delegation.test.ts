/** Revisions that another account than the store signs, and keys that may sign only some things: judged as snapd judges them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeaderMap, HeaderValue } from '#src/assertion/assertion.js';
import { checkSnap, provenanceOfYaml } from '#src/assertion/check-snap.js';
import { readConstraints } from '#src/assertion/key-constraints.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { signAssertion } from '#scripts/pki/sign-assertion.js';
import { NOW, PUBLISHER, SNAP } from '../../support/pki.ts';
import {
  accountBytes,
  check,
  declarationBytes,
  declarationHeaders,
  failures,
  keyBytes,
  refuses,
  revisionBytes,
  revisionHeaders,
  sign,
  trust,
} from './chain-fixture.ts';

const since = '2016-04-01T00:00:00Z';
const factory = await createSigningKey(PUBLISHER.id, 2048);
const factoryKey = signAccountKey(factory, { name: 'factory', since }, trust.storeKey, NOW);
const authority = { 'account-id': PUBLISHER.id, provenance: ['my-factory', 'other'] };

const declared = (...authorities: HeaderMap[]): Buffer => sign({ ...declarationHeaders, 'revision-authority': authorities });
const delegated = (changes: HeaderMap = {}): Buffer => sign({ ...revisionHeaders, provenance: 'my-factory', ...changes }, factory);
const stream = (declaration: Buffer, revision: Buffer): Buffer => joinStreams(keyBytes, accountBytes, factoryKey, declaration, revision);

describe('a revision of another provenance', () => {
  it('is accepted when the declaration gives its signer the authority', () => {
    const chain = check(stream(declared({ 'account-id': 'canonical', provenance: ['my-factory'] }, authority), delegated()));
    assert.deepEqual(failures(chain), []);
    assert.equal(chain.revisions[0]?.provenance, 'my-factory');
    assert.equal(chain.revisions[0]?.authorityId, PUBLISHER.id);
    const file = { sha3_384: SNAP.sha3_384, size: SNAP.size };
    const failed = (provenance: string): string[] => checkSnap(file, chain, { name: SNAP.name, provenance }).flatMap(({ ok, detail }) => (ok ? [] : [detail]));
    assert.deepEqual(failed('my-factory'), []);
    assert.match(failed('global-upload').join(), /signed under provenance "my-factory" different from the metadata one: "global-upload"/);
  });

  it('is refused without that authority, for another account, provenance or revision', () => {
    const cases: [string, Buffer][] = [
      ['none', declarationBytes],
      ['another account', declared({ ...authority, 'account-id': 'someone-else' })],
      ['another provenance', declared({ ...authority, provenance: ['elsewhere'] })],
      ['later revisions', declared({ ...authority, 'min-revision': '8' })],
      ['earlier revisions', declared({ ...authority, 'max-revision': '6' })],
    ];
    for (const [, declaration] of cases) refuses(check(stream(declaration, delegated())), /is not signed by an authorized authority: acme-publishing/);
    assert.equal(check(stream(declared({ ...authority, 'min-revision': '7', 'max-revision': '7' }), delegated())).ok, true);
  });

  it('is refused for the global provenance whatever the declaration says', () =>
    refuses(
      check(stream(declared({ ...authority, provenance: ['global-upload'] }), delegated({ provenance: 'global-upload' }))),
      /is not signed by a store: acme-publishing/,
    ));

  it('needs a well-formed authority', () => {
    const cases: [HeaderValue, RegExp][] = [
      ['text', /must be a list of maps/],
      [['text'], /must be a list of maps/],
      [[{ provenance: ['x'] }], /"account-id" header is mandatory/],
      [[{ 'account-id': PUBLISHER.id }], /provenance in revision authority cannot be empty/],
      [[{ ...authority, provenance: ['-x'] }], /invalid element/],
      [[{ ...authority, 'min-revision': '0' }], /must be >=1/],
      [[{ ...authority, 'min-revision': '3', 'max-revision': '2' }], /cannot be less than min-revision/],
    ];
    for (const [value, problem] of cases) refuses(check(stream(sign({ ...declarationHeaders, 'revision-authority': value }), delegated())), problem);
  });

  it('is read out of snap.yaml where it is said', () => {
    assert.equal(provenanceOfYaml('name: x\nprovenance: my-factory # ours\n'), 'my-factory');
    assert.equal(provenanceOfYaml('name: x\nprovenance: "my-factory"\n'), 'my-factory');
    assert.equal(provenanceOfYaml('name: x\napps:\n  provenance: no\n'), 'global-upload');
  });
});

describe('a key with constraints', () => {
  const constrained = async (constraints: HeaderValue): Promise<Buffer> => {
    const own = await createSigningKey('shrinkwrap-demo', 2048);
    const headers = { type: 'account-key', format: '1', 'public-key-sha3-384': own.id, 'account-id': own.account, since, constraints };
    return joinStreams(keyBytes, accountBytes, signAssertion(headers, own.body, trust.root, NOW), sign(declarationHeaders, own), revisionBytes);
  };
  const format = { maxFormat: { 'account-key': 1 } };

  it('signs what one of them matches', async () => {
    const constraints = [
      { headers: { type: 'model' } },
      { headers: { type: 'snap-declaration', 'snap-name': 'word-(salad|soup)', 'publisher-id': '[a-z-]+' } },
    ];
    assert.deepEqual(failures(check(await constrained(constraints), format)), []);
  });

  it('signs nothing else', async () => {
    const constraints = [{ headers: { type: 'snap-declaration', 'snap-name': 'word' } }];
    refuses(
      check(await constrained(constraints), format),
      /constraints of the signing key of snap-declaration .*does not match signing constraints for public key/,
    );
  });

  it('is of a format that the default leaves out', async () =>
    refuses(check(await constrained([{ headers: { type: 'snap-declaration' } }])), /"account-key" assertion has format 1 but 0 is latest supported/));

  const headers = { type: 'model', brand: 'acme', series: ['16', '18'], grade: { level: 'signed' } };
  const matches = (constraint: HeaderMap): boolean => readConstraints([{ headers: { type: 'model', ...constraint } }], 'test').some((fits) => fits(headers));

  it('compares texts whole, lists by each item, maps by each key', () => {
    assert.equal(matches({ brand: 'ac' }), false);
    assert.equal(matches({ brand: 'ac.*' }), true);
    assert.equal(matches({ series: '1[68]' }), true);
    assert.equal(matches({ series: '16' }), false);
    assert.equal(matches({ grade: { level: 'signed|secured' } }), true);
    assert.equal(matches({ grade: { other: '.*' } }), false);
    assert.equal(matches({ brand: ['other', 'acme'] }), true);
    assert.equal(matches({ brand: ['other', 'another'] }), false);
    assert.equal(matches({ absent: '$MISSING' }), true);
    assert.equal(matches({ brand: '$MISSING' }), false);
    assert.equal(matches({ absent: '.*' }), false);
  });

  it('is refused when its constraints are malformed or in words that are not understood', () => {
    const cases: HeaderValue[] = [
      'text',
      ['text'],
      [{}],
      [{ headers: {} }],
      [{ headers: { type: 'mod.*' } }],
      [{ headers: { type: 'model', brand: '(' } }],
      [{ headers: { type: 'model', brand: '(?i)acme' } }],
      [{ headers: { type: 'model', brand: '\\pL' } }],
      [{ headers: { type: 'model', brand: '$SLOT(x)' } }],
      [{ headers: { type: 'model', brand: [['a']] } }],
    ];
    for (const value of cases) assert.throws(() => readConstraints(value, 'test'), isShrinkwrapError, JSON.stringify(value));
  });
});
