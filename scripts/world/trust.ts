/** The world's own root and store key: made on the spot, or kept in a folder and used again. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicKey, publicKeyPacket } from '#src/assertion/public-key.js';
import type { Trust } from '../pki/create-trust.ts';
import type { SigningKey } from '../pki/key.ts';
import { wrapBase64 } from '../pki/wrap-base64.ts';

const FILES = { root: 'root.pem', store: 'store.pem', storeKey: 'store-key.assert', trust: 'world-root.assert', account: 'account' } as const;

/** Private keys: never into the world itself. */
export async function writeTrust(trust: Trust, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pem = ({ privateKey }: SigningKey): string | Buffer => privateKey.export({ type: 'pkcs8', format: 'pem' });
  await Promise.all([
    writeFile(join(folder, FILES.root), pem(trust.root), { mode: 0o600 }),
    writeFile(join(folder, FILES.store), pem(trust.storeKey), { mode: 0o600 }),
    writeFile(join(folder, FILES.storeKey), trust.storeKeyAssertion),
    writeFile(join(folder, FILES.trust), trust.trustAssertions),
    writeFile(join(folder, FILES.account), `${trust.account}\n`),
  ]);
}

export async function readTrust(folder: string): Promise<Trust> {
  const read = (file: string): Promise<Buffer> => readFile(join(folder, file));
  const [root, store, storeKeyAssertion, trustAssertions, name] = await Promise.all(
    [FILES.root, FILES.store, FILES.storeKey, FILES.trust, FILES.account].map(read),
  );
  if (root === undefined || store === undefined || storeKeyAssertion === undefined || trustAssertions === undefined || name === undefined)
    throw new Error(`${folder} holds no keys of a world`);
  const account = name.toString('utf8').trim();
  return { account, root: signingKey(root, account), storeKey: signingKey(store, account), storeKeyAssertion, trustAssertions };
}

function signingKey(pem: Buffer, account: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const [modulus, exponent] = [Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')];
  return { id: publicKey(modulus, exponent, `the key of ${account}`).id, account, privateKey, body: wrapBase64(publicKeyPacket(modulus, exponent)) };
}
