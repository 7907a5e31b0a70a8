/** The logins of docker and podman, out of the texts of their files; whoever reads the files decides which and in what order (facts/oci.md 2.2-2.4). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Credentials } from './authorization.ts';
import type { Credential } from './token.ts';

export interface CredentialFile {
  /** For errors. */
  readonly name: string;
  /** config.json, auth.json or the value of DOCKER_AUTH_CONFIG. */
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** What docker.io is called in files: docker writes `https://index.docker.io/v1/`. */
const HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const HUB_KEY = 'https://index.docker.io/v1/';

/** A login in the words of its file, or where else to ask for it. */
export interface CredentialEntries {
  /** For notes; never a secret. */
  readonly name: string;
  /** The narrowest entry that fits. */
  find(host: string, repository: string): Credential | undefined;
  /** The helper program to ask instead of this file, and under which name the host is known to it. */
  helper(host: string): { readonly program: string; readonly server: string; readonly named: boolean } | undefined;
}

/** The first file that has an entry wins. Entries whose secret is in a credential helper count as none. */
export function credentialsFromFiles(files: readonly CredentialFile[]): Credentials {
  const decoded = files.map(decodeCredentialFile);
  return (host, repository) => {
    for (const entries of decoded) {
      const found = entries.find(host, repository);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

export function decodeCredentialFile(file: CredentialFile): CredentialEntries {
  const root = parse(file.name, file.text);
  const auths = decodeAuths(file.name, root);
  const helpers = decodeHelpers(file.name, root);
  const store = textOf(field(root, 'credsStore'));
  return {
    name: file.name,
    find: (host, repository) => lookUp(auths, host, repository),
    helper(host) {
      const [server, program] = [...helpers].find(([key]) => key === host || plainHost(key) === plainHost(host)) ?? [undefined, undefined];
      if (server !== undefined && program !== undefined) return { program, server, named: true };
      return store === undefined ? undefined : { program: store, server: plainHost(host) === 'docker.io' ? HUB_KEY : host, named: false };
    },
  };
}

/** The narrowest name first: HOST/A/B, HOST/A, HOST; then the forms with scheme and path that docker wrote. */
function lookUp(entries: ReadonlyMap<string, Credential>, host: string, repository: string): Credential | undefined {
  const parts = [host, ...repository.split('/')];
  for (let length = parts.length; length > 0; length -= 1) {
    const exact = entries.get(parts.slice(0, length).join('/'));
    if (exact !== undefined) return exact;
  }
  return [...entries].find(([key]) => plainHost(key) === plainHost(host))?.[1];
}

/** Only where a scheme stands before it is a path no scope. */
function plainHost(key: string): string {
  const bare = key.replace(/^https?:\/\//, '');
  const host = bare === key ? bare : bare.replace(/\/.*$/, '');
  return HUB.has(host) ? 'docker.io' : host;
}

/** Host → helper; a helper is a program to run, so that its name may hold nothing but a name. */
function decodeHelpers(name: string, root: unknown): ReadonlyMap<string, string> {
  const helpers = field(root, 'credHelpers');
  if (helpers === undefined || helpers === null) return new Map();
  if (!isFields(helpers)) throw malformed(name, 'credHelpers');
  return new Map(Object.entries(helpers).flatMap(([key, helper]) => (typeof helper === 'string' && helper !== '' ? [[key, helper] as const] : [])));
}

function decodeAuths(name: string, root: unknown): ReadonlyMap<string, Credential> {
  const auths = field(root, 'auths');
  if (auths === undefined || auths === null) return new Map();
  if (!isFields(auths)) throw malformed(name, 'auths');
  return new Map(
    Object.entries(auths).flatMap(([key, entry]) => {
      const credential = decodeEntry(name, key, entry);
      return credential === undefined ? [] : [[key, credential] as const];
    }),
  );
}

function decodeEntry(file: string, key: string, entry: unknown): Credential | undefined {
  const [registryToken, identityToken, auth, username, password] = ['registrytoken', 'identitytoken', 'auth', 'username', 'password'].map((name) =>
    textOf(field(entry, name)),
  );
  if (registryToken !== undefined) return { kind: 'bearer', token: registryToken };
  if (identityToken !== undefined) return { kind: 'identity', token: identityToken };
  if (auth === undefined) return username === undefined ? undefined : { kind: 'password', username, password: password ?? '' };
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw malformed(file, `auths.${key}.auth`);
  // Old versions of docker padded the password with zeros.
  return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') };
}

/** Never with the text: it is made of secrets. */
const malformed = (file: string, path: string): ShrinkwrapError =>
  new ShrinkwrapError('INPUT_MALFORMED', { what: `credential file ${file}`, text: path, wanted: 'the form of docker login' });

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(name, 'no JSON');
  }
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const field = (value: unknown, name: string): unknown => (isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
