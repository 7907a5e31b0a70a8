/** A login to the store, as `snapcraft export-login` writes it, as the value of the Authorization header. Nothing of it ever stands in an error. */
import { createHmac } from 'node:crypto';
import { ShrinkwrapError } from '../../domain/errors.ts';

/** What snapd takes from UBUNTU_STORE_AUTH: base64 of JSON; or the finished value of the header. */
export function snapAuthorization(text: string): string {
  const trimmed = text.trim();
  if (/^(?:Macaroon|Bearer) [\u0021-\u007e]+(?: [\u0021-\u007e]+)*$/.test(trimmed)) return trimmed;
  const login = parseLogin(trimmed);
  const { t: kind, v: value } = login;
  if ((kind === 'macaroon' || kind === 'bearer') && isToken(value)) return `${kind === 'bearer' ? 'Bearer' : 'Macaroon'} ${value}`;
  const { r: root, d: discharge } = kind === 'u1-macaroon' ? fields(value) : login;
  if (isToken(root) && isToken(discharge)) return `Macaroon root="${root}", discharge="${bindDischarge(root, discharge)}"`;
  return refuse('no known combination of fields in it');
}

function parseLogin(text: string): Readonly<Record<string, unknown>> {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return refuse('it is not base64');
  try {
    return fields(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
  } catch {
    return refuse('there is no JSON in it');
  }
}

/** The discharge is bound to the root by its signature, the last packet of a macaroon of version 1. */
function bindDischarge(root: string, discharge: string): string {
  const [rootBytes, bytes] = [Buffer.from(root, 'base64url'), Buffer.from(discharge, 'base64url')];
  const signature = Buffer.concat([bytes.subarray(0, signatureStart(bytes)), bind(signatureOf(rootBytes), signatureOf(bytes)), Buffer.from('\n')]);
  return signature.toString('base64url');
}

const SIGNATURE_LENGTH = 32;
const PREFIX = '002fsignature ';

function signatureStart(macaroon: Buffer): number {
  const start = macaroon.length - SIGNATURE_LENGTH - 1;
  const isVersion1 = start >= PREFIX.length && macaroon.subarray(start - PREFIX.length, start).toString('latin1') === PREFIX && macaroon.at(-1) === 0x0a;
  return isVersion1 ? start : refuse('its macaroon is not of version 1');
}

const signatureOf = (macaroon: Buffer): Buffer => macaroon.subarray(signatureStart(macaroon), macaroon.length - 1);

const hash = (data: Buffer): Buffer => createHmac('sha256', Buffer.alloc(SIGNATURE_LENGTH)).update(data).digest();
const bind = (root: Buffer, discharge: Buffer): Buffer => (root.equals(discharge) ? discharge : hash(Buffer.concat([hash(root), hash(discharge)])));

const isToken = (value: unknown): value is string => typeof value === 'string' && /^[\u0021\u0023-\u007e]+$/.test(value);

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function refuse(why: string): never {
  throw new ShrinkwrapError('USAGE_BAD', {
    message: `the login to the snap store in SHRINKWRAP_SNAP_AUTH or UBUNTU_STORE_AUTH cannot be used: ${why}`,
    hint: 'wanted what snapcraft export-login writes, or the value of the Authorization header',
  });
}
