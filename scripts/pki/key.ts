/** RSA keys for worlds and tests: real in form and strength, made on the spot. Signing is no part of the product. */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { publicKey, publicKeyPacket } from '#src/assertion/public-key.js';
import { wrapBase64 } from './wrap-base64.ts';

export interface SigningKey {
  /** Unpadded base64url of the SHA3-384 of the key's packet. */
  readonly id: string;
  readonly account: string;
  readonly privateKey: KeyObject;
  /** What the account-key assertion has as its body. */
  readonly body: string;
}

const generate = promisify(generateKeyPair);

export async function createSigningKey(account: string, bits: number): Promise<SigningKey> {
  const pair = await generate('rsa', { modulusLength: bits });
  const { n = '', e = '' } = pair.publicKey.export({ format: 'jwk' });
  const modulus = Buffer.from(n, 'base64url');
  const exponent = Buffer.from(e, 'base64url');
  const { id } = publicKey(modulus, exponent, `a new key of ${account}`);
  return { id, account, privateKey: pair.privateKey, body: wrapBase64(publicKeyPacket(modulus, exponent)) };
}
