/** Option values → how the run reaches the world. Reads the files that options name. */
import { mkdtemp } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInput } from '../pipeline/read-input.ts';
import { PRODUCTION, type Settings } from '../pipeline/settings.ts';
import { snapAuthorization } from '../clients/snap-store/credentials.ts';
import { TOOL } from '../version.ts';
import { bad } from './bad-value.ts';
import { formatsFromValues } from './formats-from-values.ts';
import type { OptionName } from './options.ts';
import type { Values } from './values.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export async function settingsFromValues(values: Values, environment: Environment): Promise<Settings> {
  const ephemeralCache = values.on('no-cache');
  const caFile = values.text('ca-file');
  const now = new Date();
  return {
    tool: TOOL,
    charmhubUrl: url('charmhub-url', values, PRODUCTION.charmhub),
    snapStoreUrl: url('snap-store-url', values, PRODUCTION.snapStore),
    bundleRepo: values.text('bundle-repo') ?? PRODUCTION.github,
    registryMirrors: new Map(values.all('registry-mirror').map(mirror)),
    insecureRegistries: new Set(values.all('insecure-registry')),
    proxy: proxyOf(environment),
    environment,
    registryCas: new Map(await Promise.all(values.all('registry-ca').map(registryCa))),
    ...(caFile !== undefined && { caText: (await readInput(caFile)).toString('utf8') }),
    snapTrust: await Promise.all(values.all('snap-trust').map(async (file) => ({ file, bytes: await readInput(file) }))),
    ...snapStoreAccess(values, environment),
    cacheDir: ephemeralCache
      ? await mkdtemp(join(tmpdir(), 'shrinkwrap-'))
      : (values.text('cache-dir') ?? join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'shrinkwrap')),
    ephemeralCache,
    jobs: whole('jobs', values, 6, 1, 64),
    retries: whole('retries', values, 5, 1, 100),
    keepGoing: values.on('keep-going'),
    allowIncompleteImages: values.on('allow-incomplete-images'),
    toolPath: environment['PATH'] ?? '/usr/bin:/bin',
    now,
    date: dateOf(environment['SOURCE_DATE_EPOCH'], now),
  };
}

/** The login is taken from the environment only: a flag would show it in the list of processes. */
function snapStoreAccess(values: Values, environment: Environment): Pick<Settings, 'maxFormat' | 'snapAuthorization' | 'snapStoreId'> {
  const storeId = values.text('snap-store-id');
  if (storeId !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(storeId)) bad('snap-store-id', storeId, 'letters, digits, - and _');
  const login = environment['SHRINKWRAP_SNAP_AUTH'] || environment['UBUNTU_STORE_AUTH'];
  const maxFormat = formatsFromValues(values);
  return {
    ...(maxFormat !== undefined && { maxFormat }),
    ...(login !== undefined && login !== '' && { snapAuthorization: snapAuthorization(login) }),
    ...(storeId !== undefined && { snapStoreId: storeId }),
  };
}

/** Seconds since 1970, as reproducible-builds.org defines it. */
function dateOf(epoch: string | undefined, now: Date): Date {
  if (epoch === undefined || epoch === '') return new Date(Math.floor(now.getTime() / 1000) * 1000);
  const seconds = Number(epoch);
  return /^\d+$/.test(epoch) && seconds <= 8_640_000_000_000 ? new Date(seconds * 1000) : bad('output', epoch, 'seconds since 1970 in SOURCE_DATE_EPOCH');
}

function proxyOf(environment: Environment): Settings['proxy'] {
  const read = (name: string): string | undefined => environment[name.toLowerCase()] ?? environment[name];
  const [httpProxy, httpsProxy, noProxy] = [read('HTTP_PROXY'), read('HTTPS_PROXY'), read('NO_PROXY')];
  return { ...(httpProxy !== undefined && { httpProxy }), ...(httpsProxy !== undefined && { httpsProxy }), ...(noProxy !== undefined && { noProxy }) };
}

function mirror(text: string): [string, string] {
  const at = text.indexOf('=');
  const address = text.slice(at + 1);
  return at > 0 && isUrl(address) ? [text.slice(0, at), address.replace(/\/+$/, '')] : bad('registry-mirror', text, 'HOST=http://… or HOST=https://…');
}

async function registryCa(text: string): Promise<[string, string]> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) return bad('registry-ca', text, 'HOST=FILE');
  return [text.slice(0, at), (await readInput(text.slice(at + 1))).toString('utf8')];
}

function url(name: OptionName, values: Values, production: string): string {
  const text = values.text(name) ?? production;
  return isUrl(text) ? text.replace(/\/+$/, '') : bad(name, text, 'http://… or https://…');
}

const isUrl = (text: string): boolean => /^https?:\/\/[^/\s]/.test(text) && URL.canParse(text);

export function whole(name: OptionName, values: Values, otherwise: number, least: number, most: number): number {
  const text = values.text(name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? value : bad(name, text, `a whole number from ${least} to ${most}`);
}
