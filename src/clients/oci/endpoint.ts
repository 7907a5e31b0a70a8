/** Where the registry of a HOST/PATH answers: scheme, mirror, and which host's credentials belong there. */
import { ShrinkwrapError } from '../../domain/errors.ts';

export interface Endpoint {
  /** The name it was asked for, HOST/PATH. */
  readonly repository: string;
  /** PATH of the repository, as it stands in scopes. */
  readonly path: string;
  /** `https://registry-1.docker.io`, without a final slash. */
  readonly base: string;
  /** Whose credentials may be used: the host itself, or the mirror's, so that no password reaches a host it was not made for. */
  readonly account: string;
  /** The login that the user wrote into the mirror's address. */
  readonly login?: { readonly username: string; readonly password: string };
  /** Plain http was allowed for it, or a mirror chosen by the user: its token server may be plain too. */
  readonly trusted: boolean;
  /** Address of a document or blob below the repository. */
  url(kind: 'manifests' | 'blobs', reference: string): string;
}

export interface EndpointOptions {
  /** HOST → base URL that replaces scheme and host; `*` stands for every host that has no row of its own. */
  readonly mirrors: ReadonlyMap<string, string>;
  /** Hosts whose certificate is not checked and that may speak plain http. */
  readonly insecureHosts: ReadonlySet<string>;
}

/** docker.io is a name, not a machine (facts/oci.md 3.2). */
const apiHost = (host: string): string => (host === 'docker.io' || host === 'index.docker.io' ? 'registry-1.docker.io' : host);

/** `rocks.canonical.com:443` is the host of `rocks.canonical.com`, and charms write both (facts/oci.md 3.3). */
const withoutDefaultPort = (host: string): string => host.replace(/:443$/, '');

/** `plain`: an insecure host turned out to have no TLS. */
export function endpointOf(repository: string, { mirrors, insecureHosts }: EndpointOptions, plain = true): Endpoint {
  const slash = repository.indexOf('/');
  if (slash < 1) throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'repository', text: repository, wanted: 'HOST/PATH' });
  const host = repository.slice(0, slash);
  const path = repository.slice(slash + 1);
  const name = withoutDefaultPort(host);
  const mirror = mirrors.get(host) ?? mirrors.get(name) ?? mirrors.get('*');
  const insecure = insecureHosts.has(host) || insecureHosts.has(name);
  const { address, login } = splitLogin(mirror ?? `${insecure && plain ? 'http' : 'https'}://${apiHost(name)}`);
  const base = address.href.replace(/\/+$/, '');
  // One listener may stand for many hosts: containerd's way to tell it which (errata 12).
  const query = mirror === undefined ? '' : `?ns=${encodeURIComponent(host)}`;
  return {
    repository,
    path,
    base,
    account: mirror === undefined ? name : address.host,
    ...(login !== undefined && { login }),
    trusted: insecure || mirror !== undefined,
    url: (kind, reference) => `${base}/v2/${path}/${kind}/${reference}${query}`,
  };
}

/** Out of the address, so that no error can show it. */
function splitLogin(text: string): { address: URL; login: Endpoint['login'] } {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'address of a registry', text, wanted: 'http://… or https://…' });
  const address = new URL(text);
  const { username, password } = address;
  address.username = '';
  address.password = '';
  return { address, login: username === '' ? undefined : { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
}
