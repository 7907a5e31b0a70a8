/** Image references with the normalisation every container tool shares (facts/oci.md 3). */
import { ShrinkwrapError } from './errors.ts';
import { type Digest, formatDigest, parseDigest } from './digest.ts';

export interface ImageRef {
  /** Host with its port when one was written: `docker.io`, `rocks.canonical.com:443`. */
  readonly host: string;
  /** Repository path without the host: `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const PATH = new RegExp(`^${PATH_PART}(?:/${PATH_PART})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const NAME_LIMIT = 255;

/** A reference in full: no host means docker.io, a single name there means library/NAME, neither tag nor digest means `latest`. */
export function parseImageRef(text: string): ImageRef {
  const refuse = (wanted: string): never => {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'image reference', text, wanted });
  };
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : parseDigest(text.slice(at + 1));
  const named = at < 0 ? text : text.slice(0, at);
  if (/^[0-9a-f]{64}$/.test(named)) return refuse('a name, not a bare digest');
  const { host, rest } = splitHost(named);
  const colon = rest.lastIndexOf(':');
  const bare = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const path = host === 'docker.io' && !bare.includes('/') ? `library/${bare}` : bare;
  if (!DOMAIN.test(host)) return refuse('HOST[:PORT]/PATH:TAG');
  if (!PATH.test(path)) return refuse(path === path.toLowerCase() ? 'HOST/PATH:TAG' : 'a lower-case repository name');
  if (tag !== undefined && !TAG.test(tag)) return refuse('a tag of at most 128 letters, digits, ".", "_" and "-"');
  if (host.length + 1 + path.length > NAME_LIMIT) return refuse(`a name of at most ${NAME_LIMIT} characters`);
  return { host, path, ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}), ...(digest !== undefined && { digest }) };
}

/** The first component is a host when it is `localhost`, holds a dot or a colon, or is not all lower case. */
function splitHost(text: string): { host: string; rest: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  if (!isHost) return { host: 'docker.io', rest: text };
  return { host: first === 'index.docker.io' ? 'docker.io' : first, rest: text.slice(slash + 1) };
}

/** `HOST/PATH[:TAG][@DIGEST]`. */
export const formatImageRef = ({ host, path, tag, digest }: ImageRef): string =>
  `${host}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${formatDigest(digest)}`}`;

/**
 * Where an image lies below the prefix of the site's registry: the path without host and without a leading `cdk/`
 * or `canonical/cdk/`, with its tag (design 6). An image without tag gets `sha256-<12 hex>`.
 */
export function sitePath({ path, tag, digest }: ImageRef): string {
  const below = path.replace(/^(?:canonical\/)?cdk\//, '');
  return `${below}:${tag ?? (digest === undefined ? 'latest' : `${digest.algorithm}-${digest.hex.slice(0, 12)}`)}`;
}

/** Every path at which the site's registry answers for the name: its own, and the one that a mirror of ghcr.io asks for, which keeps `canonical/cdk/`. */
export function siteTargets(ref: ImageRef): string[] {
  const target = sitePath(ref);
  const below = target.slice(0, target.lastIndexOf(':'));
  return [target, ...(ref.path === `canonical/cdk/${below}` ? [`canonical/cdk/${target}`] : [])];
}

/** The name under which engines load it: they refuse digests there, so an image without tag gets `sha256-<12 hex>` of its manifest. */
export const loadedName = ({ host, path, tag }: ImageRef, manifest: Digest): string => `${host}/${path}:${tag ?? `sha256-${manifest.hex.slice(0, 12)}`}`;
