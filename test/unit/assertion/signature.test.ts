/** Keys and signatures in their packets: what is accepted, and that nothing near it is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountKey } from '#src/assertion/account-key.js';
import type { Assertion } from '#src/assertion/assertion.js';
import { CANONICAL_ROOT, CANONICAL_ROOT_ID } from '#src/assertion/canonical-root.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import { decodePublicKey, lengthBytes, publicKeyPacket } from '#src/assertion/public-key.js';
import { verifySignature } from '#src/assertion/verify-signature.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { signContent } from '#scripts/pki/sign-assertion.js';
import { wrapBase64 } from '#scripts/pki/wrap-base64.js';
import { NOW, testTrust, upstreamData, withoutData } from '../../support/pki.ts';

const trust = await testTrust();
const key = decodePublicKey(Buffer.from(trust.storeKey.body), 'the store key');
const content = Buffer.from('type: account\nname: x');
const signature = signContent(content, trust.storeKey, NOW);
const raw = Buffer.from(signature.toString().replaceAll('\n', ''), 'base64');

/** Its base64 ends with `A==`. */
const padded = Buffer.concat([raw.subarray(0, Math.floor(raw.length / 3) * 3), Buffer.from([0])]);

/** The same signature with a list of unhashed subpackets. */
const withUnhashed = (hex: string): Buffer => {
  const list = Buffer.from(hex, 'hex');
  const body = Buffer.concat([raw.subarray(4, 16), Buffer.from([0, list.length]), list, raw.subarray(18)]);
  return Buffer.concat([raw.subarray(0, 2), lengthBytes(body.length), body]);
};

const verify = (bytes: Buffer | string): void => verifySignature({ content, signature: Buffer.from(bytes) }, key, 'a test');
const changed = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
};
const isProblem =
  (problem: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(isShrinkwrapError(error) && error.code === 'INTEGRITY_MISMATCH', String(error));
    assert.match((error.facts as { found: string }).found, problem);
    return true;
  };

describe('a signature', () => {
  it('verifies with and without its final line feed', () => {
    verify(signature);
    verify(`${signature.toString()}\n`);
  });

  it('verifies in every length form of the packet header', () => {
    const body = raw.subarray(4);
    const two = Buffer.alloc(2);
    two.writeUInt16BE(body.length);
    const four = Buffer.alloc(4);
    four.writeUInt32BE(body.length);
    verify(wrapBase64(Buffer.concat([Buffer.from([1, 0x89]), two, body])));
    verify(wrapBase64(Buffer.concat([Buffer.from([1, 0x8a]), four, body])));
    verify(wrapBase64(Buffer.concat([Buffer.from([1, 0xc2, 0xff]), four, body])));
  });

  it('verifies with the unsigned key id that root signatures carry', () => verify(wrapBase64(withUnhashed('0910d4a55bea97d83720'))));

  it('verifies when its number is shorter than the modulus', () => {
    // One number in 256 starts with a zero byte; looked for with a counter in the content.
    for (let counter = 0; ; counter += 1) {
      const text = Buffer.from(`count: ${counter}`);
      const short = signContent(text, trust.storeKey, NOW);
      if (Buffer.from(short.toString().replaceAll('\n', ''), 'base64').length >= raw.length) continue;
      verifySignature({ content: text, signature: short }, key, 'a short one');
      break;
    }
  });

  it('does not verify another content', () => {
    assert.throws(
      () => verifySignature({ content: Buffer.from('type: account\nname: y'), signature }, key, 'a test'),
      isProblem(/^openpgp: invalid signature: hash tag doesn't match$/),
    );
  });

  it('does not verify with another key', async () => {
    const other = decodePublicKey(Buffer.from((await createSigningKey('someone', 2048)).body), 'another');
    assert.throws(() => verifySignature({ content, signature }, other, 'a test'), isProblem(/^openpgp: invalid signature: RSA verification failure$/));
  });

  const at = { version: 0, tag: 1, packetVersion: 4, type: 5, algorithm: 6, hash: 7, time: 12, hashTag: 18, number: 40 };
  const refused: Record<string, [Buffer | string, RegExp]> = {
    'another version byte': [wrapBase64(changed(raw, at.version, 2)), /^unsupported signature format version: 2$/],
    'a packet that is no packet': [wrapBase64(changed(raw, at.tag, 0x42)), /tag byte does not have MSB set/],
    'a packet of another kind': [wrapBase64(changed(raw, at.tag, 0xc6)), /^expected signature, got instead: packet with tag 6$/],
    'a partial length': [wrapBase64(changed(raw, 2, 0xe1)), /partial packet length/],
    'an indeterminate length': [wrapBase64(changed(raw, at.tag, 0x8b)), /indeterminate packet length/],
    'another packet version': [wrapBase64(changed(raw, at.packetVersion, 3)), /^not a version 4 RSA signature with SHA-512: packet starts with 0300010a$/],
    'another signature type': [wrapBase64(changed(raw, at.type, 1)), /^not a version 4 RSA signature/],
    'another algorithm': [wrapBase64(changed(raw, at.algorithm, 17)), /^not a version 4 RSA signature/],
    'SHA-256': [wrapBase64(changed(raw, at.hash, 8)), /^not a version 4 RSA signature/],
    'another time of signing': [wrapBase64(changed(raw, at.time, 0)), /hash tag doesn't match$/],
    'another hash tag': [wrapBase64(changed(raw, at.hashTag, (raw[at.hashTag] ?? 0) ^ 1)), /hash tag doesn't match$/],
    'another number': [wrapBase64(changed(raw, at.number, (raw[at.number] ?? 0) ^ 1)), /RSA verification failure$/],
    'no time of signing': [
      wrapBase64(Buffer.concat([Buffer.from([1, 0xc2, 0x0a, 4, 0, 1, 10, 0, 0, 0, 0]), Buffer.from([0, 0])])),
      /no creation time in signature$/,
    ],
    'a critical subpacket': [wrapBase64(changed(raw, 11, 0x82)), /unsupported signature subpacket of type 130 and length 5$/],
    'an empty subpacket': [wrapBase64(changed(raw, 10, 0)), /zero length signature subpacket$/],
    'a subpacket beyond its list': [wrapBase64(changed(raw, 10, 6)), /unsupported signature subpacket of type 2 and length 6$/],
    'an unsigned time of signing': [wrapBase64(withUnhashed('05025c76c932')), /signature creation time in non-hashed area$/],
    'an unsigned subpacket that is cut': [wrapBase64(withUnhashed('0910d4a55b')), /cannot decode signature: unexpected EOF$/],
    'an unsigned subpacket of another kind': [wrapBase64(withUnhashed('029a00')), /unsupported signature subpacket of type 154 and length 2$/],
    'a truncated packet': [wrapBase64(raw.subarray(0, -1)), /^cannot decode signature: unexpected EOF$/],
    'a byte too many': [wrapBase64(Buffer.concat([raw, Buffer.from([0])])), /^signature has spurious trailing data$/],
    'a second packet': [wrapBase64(Buffer.concat([raw, raw.subarray(1)])), /^signature has spurious trailing data$/],
    nothing: ['', /^cannot decode signature: no data$/],
    'an empty line': ['\n', /illegal base64|unsupported|no data/],
    'base64 for addresses': [signature.toString().replaceAll('+', '-').replaceAll('/', '_'), /^cannot decode signature: illegal base64 data$/],
    'base64 without padding': [wrapBase64(padded).replaceAll('=', ''), /^cannot decode signature: illegal base64 data$/],
    'base64 with bits after the end': [wrapBase64(padded).replace(/A==$/, 'B=='), /^cannot decode signature: illegal base64 data$/],
    'junk inside the base64': [signature.toString().replace('\n', '\n \n'), /^cannot decode signature: illegal base64 data$/],
    'one line of all': [signature.toString().replaceAll('\n', ''), /^cannot decode signature: illegal base64 data$/],
    'a carriage return': [signature.toString().replace('\n', '\r\n'), /^cannot decode signature: illegal base64 data$/],
  };
  for (const [name, [text, problem]] of Object.entries(refused)) it(`is refused with ${name}`, () => assert.throws(() => verify(text), isProblem(problem)));

  it('is refused at every length it could be cut to', () => {
    for (let length = 0; length < raw.length; length += 1) assert.throws(() => verify(wrapBase64(raw.subarray(0, length))), isProblem(/./));
  });
});

describe('an account-key', () => {
  const [storeKey] = decodeStream(trust.storeKeyAssertion) as [Assertion];
  const withBody = (body: string): Assertion => ({ ...storeKey, body: Buffer.from(body) });
  const packet = Buffer.from(trust.storeKey.body.replaceAll('\n', ''), 'base64');

  it('gives id, account, name, validity and key', () => {
    const { publicKey, ...rest } = accountKey(storeKey);
    assert.deepEqual(rest, { id: trust.storeKey.id, account: 'shrinkwrap-demo', name: 'store', since: Date.UTC(2016, 3, 1), constraints: [] });
    assert.equal(publicKey.bits, 2048);
    assert.equal(publicKey.id, trust.storeKey.id);
  });

  const refused: Record<string, [Assertion, RegExp]> = {
    'whose id is that of another key': [withBody(trust.root.body), /^public key does not match provided key id$/],
    'with another creation time': [withBody(wrapBase64(changed(packet, 8, 0x81))), /creation time 1451606401 is not the fixed one/],
    'of another algorithm': [withBody(wrapBase64(changed(packet, 9, 22))), /^expected RSA public key, got instead: algorithm 22$/],
    'of packet version 3': [withBody(wrapBase64(changed(packet, 4, 3))), /unsupported packet version 3/],
    'with an even exponent': [withBody(wrapBase64(changed(packet, packet.length - 1, 0))), /is not an odd number/],
    'that is cut': [withBody(wrapBase64(packet.subarray(0, -1))), /unexpected EOF/],
    'of 1024 bits': [withBody(wrapBase64(publicKeyPacket(Buffer.alloc(128, 0xff), Buffer.from([1, 0, 1])))), /^RSA key of 1024 bits/],
    'that ends before it begins': [
      { ...storeKey, headers: { ...storeKey.headers, until: '2015-01-01T00:00:00Z' } },
      /^'until' time cannot be before 'since' time$/,
    ],
    'with a hostile account': [{ ...storeKey, headers: { ...storeKey.headers, 'account-id': '../canonical' } }, /^"account-id" header contains invalid/],
    'with a wrong name': [{ ...storeKey, headers: { ...storeKey.headers, name: 'a--b' } }, /^"name" header contains invalid/],
    'with a time that is none': [{ ...storeKey, headers: { ...storeKey.headers, since: '2016-04-01' } }, /^"since" header is not a RFC3339 date/],
  };
  for (const [name, [assertion, problem]] of Object.entries(refused)) {
    it(`is refused ${name}`, () => assert.throws(() => accountKey(assertion), isProblem(problem)));
  }
});

describe('the built-in root', () => {
  it('has the id that its own numbers give', () => {
    const [root] = CANONICAL_ROOT.keys;
    assert.equal(root?.publicKey.id, CANONICAL_ROOT_ID);
    assert.equal(root.publicKey.bits, 8192);
  });

  it('is the root that Canonical publishes', { skip: withoutData('snap-trust/canonical-root.assert') }, () => {
    const [, assertion] = decodeStream(upstreamData('snap-trust/canonical-root.assert') ?? Buffer.alloc(0)) as [Assertion, Assertion];
    const { publicKey, ...published } = accountKey(assertion);
    const [{ publicKey: builtIn, ...root }] = CANONICAL_ROOT.keys as [(typeof CANONICAL_ROOT.keys)[0]];
    assert.deepEqual(root, published);
    assert.ok(builtIn.key.equals(publicKey.key));
  });
});
