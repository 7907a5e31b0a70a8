/** Signs an assertion the way snapd's signer does: its order of headers, one OpenPGP v4 packet over SHA-512 (facts/snap-store.md 3.3, 3.5). */
import { createHash, sign } from 'node:crypto';
import { type HeaderMap, type HeaderValue, isAssertionType, PRIMARY_KEYS } from '#src/assertion/assertion.js';
import { encodeAssertion } from '#src/assertion/encode-stream.js';
import { integerBytes, lengthBytes } from '#src/assertion/public-key.js';
import { signedTrailer } from '#src/assertion/verify-signature.js';
import { byCodeUnit } from '#src/domain/sorted.js';
import { formatHeaders } from './format-headers.ts';
import type { SigningKey } from './key.ts';
import { wrapBase64 } from './wrap-base64.ts';

/** Bytes of one assertion with its final line feed. `authority-id`, `body-length` and the id of the key are filled in. */
export function signAssertion(headers: HeaderMap, body: string, key: SigningKey, signedAt: Date): Buffer {
  const text = formatHeaders(inSnapdOrder(headers, body, key));
  const content = Buffer.from(body === '' ? text : `${text}\n\n${body}`);
  return encodeAssertion({ content, signature: signContent(content, key, signedAt) });
}

/** type, format, authority, revision, primary key, the others sorted, length of the body, key. Zero format and revision are left out. */
function inSnapdOrder(headers: HeaderMap, body: string, key: SigningKey): [string, HeaderValue][] {
  const type = headers['type'];
  const primary: readonly string[] = typeof type === 'string' && isAssertionType(type) ? PRIMARY_KEYS[type] : [];
  const first = ['type', 'format', 'authority-id', 'revision', ...primary];
  const last = ['body-length', 'sign-key-sha3-384'];
  const complete: HeaderMap = {
    'authority-id': key.account,
    'sign-key-sha3-384': key.id,
    ...(body !== '' && { 'body-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const others = Object.keys(complete)
    .filter((name) => !first.includes(name) && !last.includes(name))
    .toSorted(byCodeUnit);
  return [...first, ...others, ...last].flatMap((name): [string, HeaderValue][] => {
    const value = complete[name];
    const isLeftOut = value === undefined || (value === '0' && (name === 'format' || name === 'revision'));
    return isLeftOut ? [] : [[name, value]];
  });
}

/** Base64 text of the signature packet, as the store makes it: only the creation time among the hashed subpackets, nothing unhashed. */
export function signContent(content: Buffer, key: SigningKey, signedAt: Date): Buffer {
  const hashed = Buffer.from([4, 0x00, 1, 10, 0, 6, 5, 2, 0, 0, 0, 0]);
  hashed.writeUInt32BE(Math.floor(signedAt.getTime() / 1000), 8);
  const signed = Buffer.concat([content, signedTrailer(hashed)]);
  const hashTag = createHash('sha512').update(signed).digest().subarray(0, 2);
  const packet = Buffer.concat([hashed, Buffer.from([0, 0]), hashTag, integerBytes(sign('sha512', signed, key.privateKey))]);
  return Buffer.from(wrapBase64(Buffer.concat([Buffer.from([1, 0xc2]), lengthBytes(packet.length), packet])));
}
