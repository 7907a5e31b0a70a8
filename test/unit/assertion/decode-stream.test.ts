/** Reading and writing streams of assertions: the text form, its limits, and the bytes that must survive. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { encodeStream } from '#src/assertion/encode-stream.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { formatHeaders } from '#scripts/pki/format-headers.js';
import { wrapBase64 } from '#scripts/pki/wrap-base64.js';
import { signedSnap, upstreamData, withoutData } from '../../support/pki.ts';

const KEY = 'sign-key-sha3-384: BWDEoaqyr25nF5SNCvEv2v7QnM9QsfCc0PBMYD_i2NGSQ32EF2d4D0hqUel3m8ul';
const HEAD = `type: account\nauthority-id: canonical\naccount-id: acme-publishing`;
const PLAIN = `${HEAD}\n${KEY}\n\nAcLB\n`;

const decode = (text: string) => decodeStream(Buffer.from(text));

const failsWith = (text: string | Buffer, problem: string | RegExp): void => {
  assert.throws(
    () => decodeStream(Buffer.from(text)),
    (error) => {
      assert.ok(isShrinkwrapError(error) && error.code === 'INTEGRITY_MISMATCH', String(error));
      const { found } = error.facts as { found: string };
      if (typeof problem === 'string') assert.equal(found, problem);
      else assert.match(found, problem);
      return true;
    },
  );
};

describe('decoding a stream', () => {
  it('reads an empty stream as no assertions', () => assert.deepEqual(decode(''), []));

  it('reads headers, key, signer and signature of an assertion without a body', () => {
    const [assertion, ...others] = decode(PLAIN);
    assert.equal(others.length, 0);
    assert.equal(assertion?.type, 'account');
    assert.deepEqual(assertion.key, ['acme-publishing']);
    assert.equal(assertion.authorityId, 'canonical');
    assert.equal(assertion.signKeyId, 'BWDEoaqyr25nF5SNCvEv2v7QnM9QsfCc0PBMYD_i2NGSQ32EF2d4D0hqUel3m8ul');
    assert.equal(assertion.format, 0);
    assert.equal(assertion.revision, 0);
    assert.equal(assertion.content.toString(), `${HEAD}\n${KEY}`);
    assert.equal(assertion.signature.toString(), 'AcLB\n');
    assert.equal(assertion.body.length, 0);
  });

  it('takes the body by its length, blank lines and all', () => {
    const body = 'first\n\n\ntype: account\n\nlast\n';
    const text = `${HEAD}\nbody-length: ${body.length}\n${KEY}\n\n${body}\n\nAcLB\n\n${PLAIN}`;
    const [first, second] = decode(text);
    assert.equal(first?.body.toString(), body);
    assert.equal(first.content.toString(), `${HEAD}\nbody-length: ${body.length}\n${KEY}\n\n${body}`);
    assert.equal(first.signature.toString(), 'AcLB\n');
    assert.equal(second?.content.toString(), `${HEAD}\n${KEY}`);
    assert.equal(encodeStream([first, second]).toString(), text);
  });

  it('signs the blank line of an explicitly empty body, and not the one of none', () => {
    const text = `${HEAD}\nbody-length: 0\n${KEY}\n\n\n\nAcLB\n`;
    const [assertion] = decode(text);
    assert.equal(assertion?.content.toString(), `${HEAD}\nbody-length: 0\n${KEY}\n\n`);
    assert.equal(encodeStream(decode(text)).toString(), text);
  });

  it('adds the final line feed that a file may lack', () => {
    assert.equal(encodeStream(decode(PLAIN.slice(0, -1))).toString(), PLAIN);
  });

  it('keeps the provenance in the key only when it is not the default one', () => {
    const revision = (provenance: string) => decode(`type: snap-revision\nauthority-id: canonical\nsnap-sha3-384: abc\n${provenance}${KEY}\n\nAcLB\n`)[0]?.key;
    assert.deepEqual(revision(''), ['abc']);
    assert.deepEqual(revision('provenance: global-upload\n'), ['abc']);
    assert.deepEqual(revision('provenance: my-factory\n'), ['abc', 'my-factory']);
  });

  const refused: Record<string, [string | Buffer, string | RegExp]> = {
    'headers without an end': [HEAD, 'unexpected EOF in headers'],
    'CRLF line ends': [PLAIN.replaceAll('\n', '\r\n'), 'unexpected EOF in headers: lines end with CRLF'],
    'a single carriage return': [PLAIN.replace('acme-publishing', 'acme-publishing\r'), 'header holds a carriage return: lines end with LF alone'],
    'headers that are not UTF-8': [Buffer.concat([Buffer.from('type: account\nx: '), Buffer.from([0xff]), Buffer.from('\n\nAcLB\n')]), 'header is not utf8'],
    'two empty lines between assertions': [`${PLAIN}\n\n${PLAIN}`, `header entry missing ':' separator: ""`],
    'assertions without an empty line between them': [PLAIN + PLAIN, 'unexpected EOF in headers'],
    'junk after the last assertion': [`${PLAIN}\njunk`, 'unexpected EOF in headers'],
    'an unknown type': [PLAIN.replace('account', 'acount'), 'unknown assertion type: "acount"'],
    'the type of an object property': [PLAIN.replace('account', 'toString'), 'unknown assertion type: "toString"'],
    'no type': [PLAIN.replace('type: account\n', ''), '"type" header is mandatory'],
    'a type that is a list': [PLAIN.replace('type: account', 'type:\n  - account'), '"type" header must be a string'],
    'no authority': [PLAIN.replace('authority-id: canonical\n', ''), '"authority-id" header is mandatory'],
    'an empty authority': [PLAIN.replace('authority-id: canonical', 'authority-id: '), '"authority-id" header should not be empty'],
    'a primary key with a slash': [PLAIN.replace('acme-publishing', '../acme'), `"account-id" primary key header cannot contain '/'`],
    'a key id that is too short': [PLAIN.replace('m8ul', 'm8u'), /^"sign-key-sha3-384" header cannot be decoded/],
    'a repeated header': [PLAIN.replace('authority-id', 'type: account\nauthority-id'), 'repeated header: "type"'],
    'a body length with a leading zero': [PLAIN.replace(KEY, `body-length: 01\n${KEY}`), '"body-length" header is an integer with leading zeros: "01"'],
    'a negative body length': [PLAIN.replace(KEY, `body-length: -1\n${KEY}`), '"body-length" header is not an integer: "-1"'],
    'a body length beyond all numbers': [PLAIN.replace(KEY, `body-length: 99999999999999999999\n${KEY}`), /^"body-length" header is not an integer/],
    'a body above its limit': [PLAIN.replace(KEY, `body-length: 2097153\n${KEY}`), 'assertion body length 2097153 exceeds maximum body size 2097152'],
    'a body that ends early': [PLAIN.replace(KEY, `body-length: 100\n${KEY}`), 'unexpected EOF in body'],
    'a body that is longer than it says': [PLAIN.replace(`${KEY}\n\n`, `body-length: 2\n${KEY}\n\nabcd\n\n`), 'missing content/signature separator'],
    'a body that is not UTF-8': [
      Buffer.concat([Buffer.from(`${HEAD}\nbody-length: 1\n${KEY}\n\n`), Buffer.from([0xff]), Buffer.from('\n\nAcLB\n')]),
      'body is not utf8',
    ],
    'no signature': [`${HEAD}\n${KEY}\n\n`, 'empty assertion signature'],
    'headers above their limit': [`x: ${'a'.repeat(128 * 1024)}\n\n`, 'headers: maximum size exceeded while looking for delimiter "\\n\\n"'],
    'a signature above its limit': [PLAIN + 'A'.repeat(128 * 1024), 'signature: maximum size exceeded while looking for delimiter "\\n\\n"'],
    'more than a thousand assertions': [Array.from({ length: 1001 }, () => PLAIN).join('\n'), 'more than 1000 assertions in one stream'],
  };
  for (const [name, [text, problem]] of Object.entries(refused)) it(`refuses ${name}`, () => failsWith(text, problem));

  it('says which assertion of the stream is wrong', () => {
    assert.throws(
      () => decode(`${PLAIN}\n${PLAIN.replace('authority-id: canonical\n', '')}`),
      (error) => isShrinkwrapError(error) && 'what' in error.facts && error.facts.what === 'assertion 2 (account)',
    );
  });
});

describe('streams written again', () => {
  it('keeps every byte of a made stream', async () => {
    const stream = await signedSnap();
    assert.equal(decodeStream(stream).length, 4);
    assert.ok(encodeStream(decodeStream(stream)).equals(stream));
  });

  it('keeps every byte of any stream, and finds in it what was put there', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const extra = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,6}$/), fc.oneof(word, fc.array(word, { minLength: 1 })), { noNullPrototype: true });
    const body = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme' }), fc.constantFrom('\n\n', 'a\n\ntype: account\n\nAcLB\n', '\n'));
    const assertion = fc.record({
      id: fc.stringMatching(/^[a-z]{2,20}$/),
      extra,
      body,
      signature: fc.uint8Array({ minLength: 1, maxLength: 120 }),
      lineFeed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(assertion, { maxLength: 4 }), (parts) => {
        const written = parts.map(({ id, extra: more, body: text, signature, lineFeed }) => {
          const length = Buffer.byteLength(text);
          const headers = { type: 'account', 'authority-id': 'canonical', 'account-id': id, ...more, ...(length > 0 && { 'body-length': String(length) }) };
          const head = `${formatHeaders(Object.entries(headers))}\n${KEY}`;
          return {
            content: Buffer.from(length > 0 ? `${head}\n\n${text}` : head),
            signature: Buffer.from(`${wrapBase64(Buffer.from(signature))}${lineFeed ? '\n' : ''}`),
          };
        });
        const stream = encodeStream(written);
        const read = decodeStream(stream);
        assert.ok(encodeStream(read).equals(stream));
        assert.deepEqual(
          read.map(({ key: [id], body: bytes, content }) => [id, bytes.toString(), content.toString()]),
          parts.map(({ id, body: text }, index) => [id, text, written[index]?.content.toString()]),
        );
      }),
      { numRuns: 300 },
    );
  });

  const SAMPLE = 'assertions/word-salad_7.assert';
  it('keeps every byte of a real stream, whose signed contents have known digests', { skip: withoutData(SAMPLE) }, () => {
    const stream = upstreamData(SAMPLE) ?? Buffer.alloc(0);
    const assertions = decodeStream(stream);
    assert.deepEqual(
      assertions.map(({ type }) => type),
      ['account-key', 'account', 'snap-declaration', 'snap-revision'],
    );
    assert.deepEqual(
      assertions.map(({ content }) => content.length),
      [1023, 280, 291, 368],
    );
    assert.deepEqual(
      assertions.map(({ content }) => createHash('sha512').update(content).digest('hex').slice(0, 16)),
      ['ca085113a67d92b2', '425b1a4862676e62', '28b0c3cf592f4646', '83a5d713140a9f81'],
    );
    assert.ok(encodeStream(assertions).equals(stream));
  });

  it('reads a real revision with an explicit default provenance', { skip: withoutData('assertions/core18_2812.snap-revision.assert') }, () => {
    const [revision] = decodeStream(upstreamData('assertions/core18_2812.snap-revision.assert') ?? Buffer.alloc(0));
    assert.deepEqual(revision?.key, ['Gsqj3QgpWFq2p0517nHNNMZWgX5rG6_vaeOjT9Nyua_l36qkC_HdiDw2iEd4t1J-']);
    assert.equal(revision.headers['snap-size'], '58363904');
  });
});
