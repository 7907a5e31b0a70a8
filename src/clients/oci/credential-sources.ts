/** Which files hold the user's logins, in which order, and their helpers: read when a registry first asks who we are (facts/oci.md 2.4). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Credentials } from './authorization.ts';
import { type CredentialEntries, decodeCredentialFile } from './credential-files.ts';
import { askHelper } from './credential-helper.ts';
import type { Credential } from './token.ts';

export interface CredentialOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told where a login came from, never what it is. */
  readonly note?: (message: string) => void;
  readonly signal: AbortSignal;
}

interface Source {
  readonly path: string;
  /** The user named the very file: it has to be there. */
  readonly required?: true;
}

/** In the order in which they are asked. */
export function credentialSources(environment: CredentialOptions['environment']): Source[] {
  const value = (name: string): string | undefined => (environment[name] === '' ? undefined : environment[name]);
  const below = (root: string | undefined, ...parts: readonly string[]): Source[] => (root === undefined ? [] : [{ path: join(root, ...parts) }]);
  const home = value('HOME');
  const named = value('REGISTRY_AUTH_FILE');
  return [
    ...(named === undefined ? [] : [{ path: named, required: true } as const]),
    ...below(value('DOCKER_CONFIG'), 'config.json'),
    ...below(value('XDG_RUNTIME_DIR'), 'containers', 'auth.json'),
    ...below(value('XDG_CONFIG_HOME') ?? (home === undefined ? undefined : join(home, '.config')), 'containers', 'auth.json'),
    ...below(home, '.docker', 'config.json'),
  ];
}

/** Files are read once a run, helpers asked once a host. */
export function createCredentials({ environment, note = () => {}, signal }: CredentialOptions): Credentials {
  let loading: Promise<CredentialEntries[]> | undefined;
  const answers = new Map<string, ReturnType<typeof askHelper>>();
  const told = new Set<string>();
  const tell = (message: string): void => {
    if (!told.has(message)) note(message);
    told.add(message);
  };
  const env = Object.fromEntries(
    Object.entries(environment).flatMap(([name, text]) => (text === undefined || name === 'DOCKER_AUTH_CONFIG' ? [] : [[name, text] as const])),
  );

  const ask = async ({ name, helper }: CredentialEntries, host: string): Promise<Credential | undefined> => {
    const found = helper(host);
    if (found === undefined) return undefined;
    const { program, server } = found;
    const key = `${program} ${server}`;
    const question = answers.get(key) ?? askHelper({ program, server, env, signal });
    answers.set(key, question);
    const answer = await question;
    if (answer === 'missing') {
      if (found.named) throw new ShrinkwrapError('LOCAL_TOOL', { tool: `docker-credential-${program}`, need: `${name} names it for ${host}` });
      tell(`${name}: docker-credential-${program} is not installed, its logins are not used`);
    }
    return typeof answer === 'string' ? undefined : answer;
  };

  /** A helper named for the host is the newest word on it; the store of all logins comes after what the file itself has. */
  const lookUp = async (entries: CredentialEntries, host: string, repository: string): Promise<Credential | undefined> =>
    entries.helper(host)?.named === true ? ask(entries, host) : (entries.find(host, repository) ?? ask(entries, host));

  return async (host, repository) => {
    for (const entries of await (loading ??= load(environment, tell))) {
      const found = await lookUp(entries, host, repository);
      if (found === undefined) continue;
      tell(`${host}: logging in with ${entries.name}`);
      return found;
    }
    return undefined;
  };
}

async function load(environment: CredentialOptions['environment'], note: (message: string) => void): Promise<CredentialEntries[]> {
  const given = environment['DOCKER_AUTH_CONFIG'];
  const files = given === undefined || given === '' ? [] : [decodeCredentialFile({ name: 'DOCKER_AUTH_CONFIG', text: given })];
  const seen = new Set<string>();
  for (const source of credentialSources(environment)) {
    if (seen.has(source.path)) continue;
    seen.add(source.path);
    const text = await read(source, note);
    if (text !== undefined) files.push(decodeCredentialFile({ name: source.path, text }));
  }
  return files;
}

async function read({ path, required }: Source, note: (message: string) => void): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (required === true) throw new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'ENOENT' && code !== 'ENOTDIR') note(`${path} cannot be read (${code}), its logins are not used`);
    return undefined;
  }
}
