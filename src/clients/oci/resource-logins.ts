/** Logins that Charmhub hands out with oci-image resources: kept in memory, each for its one repository (facts/charmhub-juju.md 1.9). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { parseImageRef } from '../../domain/image-ref.ts';
import { discardBody, readBytes } from '../read-body.ts';
import type { HttpResponse } from '../http.ts';
import type { Credentials } from './authorization.ts';
import type { Credential } from './token.ts';

export interface OciLogins {
  /** Reads the resource once a run; the reference of its image comes out, nothing else. */
  read(source: string): Promise<string>;
  readonly credentials: Credentials;
}

const LIMIT_BYTES = 64 * 1024;

/** `open` asks Charmhub for the resource at a production address. */
export function createOciLogins(open: (source: string) => Promise<HttpResponse>): OciLogins {
  const held = new Map<string, Credential>();
  const reading = new Map<string, Promise<string>>();
  const read = async (source: string): Promise<string> => {
    const response = await open(source);
    if (response.status !== 200) {
      await discardBody(response.body);
      throw new ShrinkwrapError('NETWORK_STATUS', { url: source, status: response.status, tries: 1, detail: 'oci-image resource' });
    }
    // Charmhub makes the login for whoever asks, so that its digest says nothing; the image is checked by its own.
    const { reference, credential } = decodeOciResource(await readBytes(response, LIMIT_BYTES), source);
    const { host, path } = parseImageRef(reference);
    if (credential !== undefined) held.set(`${host.replace(/:443$/, '')}/${path}`, credential);
    return reference;
  };
  return {
    read(source) {
      const known = reading.get(source) ?? read(source);
      reading.set(source, known);
      return known;
    },
    credentials: (host, repository) => held.get(`${host}/${repository}`),
  };
}

/** Spellings differ in case, and old ones say registrypath. The answer is a secret: errors tell its shape only. */
export function decodeOciResource(bytes: Buffer, source: string): { readonly reference: string; readonly credential?: Credential } {
  const fail = (path: string, wanted: string): never => {
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url: source, path, wanted, found: 'something else' });
  };
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('', 'JSON');
  }
  if (typeof document !== 'object' || document === null) return fail('', 'an object');
  const fields = new Map(Object.entries(document).map(([key, value]: [string, unknown]) => [key.toLowerCase(), value]));
  const reference = fields.get('imagename') ?? fields.get('registrypath');
  if (typeof reference !== 'string' || reference === '') return fail('ImageName', 'an image reference');
  try {
    parseImageRef(reference);
  } catch {
    return fail('ImageName', 'an image reference');
  }
  const [username, password] = [fields.get('username'), fields.get('password')];
  if (typeof username !== 'string' || typeof password !== 'string' || username === '') return { reference };
  return { reference, credential: { kind: 'password', username, password } };
}
