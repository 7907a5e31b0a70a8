/** What one host alone is trusted by and shown: --registry-ca, and the directories of docker and podman (facts/oci.md 5.2). */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface HostTrust {
  /** PEM of authorities, besides the usual ones. */
  readonly ca?: string;
  /** PEM of the certificate and key that we show, one PEM each. */
  readonly cert?: string;
  readonly key?: string;
}

export interface HostTrustOptions {
  /** HOST or HOST:PORT → PEM. */
  readonly given?: ReadonlyMap<string, string>;
  /** Directories with a directory per HOST[:PORT]; the first that has one counts. */
  readonly directories: readonly string[];
}

/** `/etc/docker/certs.d` and podman's two. */
export const certificateDirectories = (environment: Readonly<Record<string, string | undefined>>): string[] => [
  '/etc/docker/certs.d',
  ...(environment['HOME'] === undefined || environment['HOME'] === '' ? [] : [join(environment['HOME'], '.config', 'containers', 'certs.d')]),
  '/etc/containers/certs.d',
];

/** Looked up when a host is first spoken to. */
export function createHostTrust({ given = new Map(), directories }: HostTrustOptions): (url: URL) => Promise<HostTrust | undefined> {
  const found = new Map<string, Promise<HostTrust | undefined>>();
  return (url) => {
    if (url.protocol !== 'https:') return Promise.resolve(undefined);
    const look = found.get(url.host) ?? search(namesOf(url), given, directories);
    found.set(url.host, look);
    return look;
  };
}

/** The port 443 may be written or left out, as charms do both (facts/oci.md 3.3). */
const namesOf = ({ host, hostname, port }: URL): string[] => (port === '' ? [hostname, `${hostname}:443`] : [host]);

async function search(names: readonly string[], given: ReadonlyMap<string, string>, directories: readonly string[]): Promise<HostTrust | undefined> {
  const ca = names.map((name) => given.get(name)).find((text) => text !== undefined);
  const fromDirectory = await firstDirectory(names, directories);
  if (ca === undefined) return fromDirectory;
  return { ...fromDirectory, ca };
}

async function firstDirectory(names: readonly string[], directories: readonly string[]): Promise<HostTrust | undefined> {
  for (const directory of directories) {
    for (const name of names) {
      const path = join(directory, name);
      const files = await readdir(path).catch(() => undefined);
      if (files !== undefined) return readDirectory(path, files.toSorted());
    }
  }
  return undefined;
}

/** `*.crt` are authorities; a `NAME.cert` with its `NAME.key` is what we show. What cannot be read is as if it were not there, as with docker. */
async function readDirectory(path: string, files: readonly string[]): Promise<HostTrust> {
  const read = (name: string): Promise<string | undefined> => readFile(join(path, name), 'utf8').catch(() => undefined);
  const authorities = await Promise.all(files.filter((name) => name.endsWith('.crt')).map(read));
  const ca = authorities.filter((text) => text !== undefined).join('\n');
  const pair = files.find((name) => name.endsWith('.cert') && files.includes(name.replace(/cert$/, 'key')));
  const [cert, key] = pair === undefined ? [] : await Promise.all([read(pair), read(pair.replace(/cert$/, 'key'))]);
  return { ...(ca !== '' && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
}
