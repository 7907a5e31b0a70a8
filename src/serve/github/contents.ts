/** GitHub's contents API: GET /repos/OWNER/REPO/contents/PATH?ref=REF from sources/github/OWNER/REPO/REF/PATH. */
import { createHash } from 'node:crypto';
import { type Directory, isPlainPath } from '../directory.ts';
import { type Answer, type Asked, type Handler, bytesContent, download, json } from '../exchange.ts';

const NOT_FOUND = { message: 'Not Found' };
/** The branches that the default one goes by. */
const DEFAULT_BRANCHES = ['main', 'master'];

interface Place {
  readonly owner: string;
  readonly repo: string;
  readonly ref: string;
  /** Empty for the top of the repository. */
  readonly path: string;
}

export const createGithub =
  (directories: readonly Directory[]): Handler =>
  async (asked) => {
    const [root, owner = '', repo = '', api, ...rest] = asked.segments;
    if (root !== 'repos' || asked.method !== 'GET') return undefined;
    if (api === 'contents') return answerContents(asked, { owner, repo, ref: asked.query.get('ref') ?? '', path: rest.join('/') }, directories);
    // Where `download_url` points: the raw bytes, on this listener.
    if (api === 'raw') return answerRaw({ owner, repo, ref: rest[0] ?? '', path: rest.slice(1).join('/') }, directories);
    return json(404, NOT_FOUND);
  };

/** Where a directory keeps the place; `undefined` for a path that is not plain. */
async function locate({ owner, repo, ref, path }: Place, directory: Directory): Promise<string | undefined> {
  const repository = `sources/github/${owner}/${repo}`;
  const at = (folder: string): string => [repository, folder, ...(path === '' ? [] : [path])].join('/');
  const wanted = ref === '' ? 'HEAD' : ref;
  if (!isPlainPath(at(wanted))) return undefined;
  const isDefault = DEFAULT_BRANCHES.includes(wanted) && (await directory.list(`${repository}/${wanted}`)) === undefined;
  return at(isDefault ? 'HEAD' : wanted);
}

async function readFileAt(place: Place, directories: readonly Directory[]): Promise<Buffer | undefined> {
  for (const directory of directories) {
    const path = await locate(place, directory);
    const bytes = path === undefined ? undefined : await directory.bytes(path);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

/** The entries of a folder in all directories; the first wins for equal names. */
async function listAt(place: Place, directories: readonly Directory[]): Promise<ReadonlyMap<string, 'file' | 'dir'> | undefined> {
  let found: Map<string, 'file' | 'dir'> | undefined;
  for (const directory of directories) {
    const path = await locate(place, directory);
    const entries = path === undefined ? undefined : await directory.list(path);
    if (entries === undefined) continue;
    found ??= new Map();
    for (const { name, type } of entries) if (!found.has(name)) found.set(name, type);
  }
  return found;
}

async function answerContents(asked: Asked, place: Place, directories: readonly Directory[]): Promise<Answer> {
  const bytes = await readFileAt(place, directories);
  if (bytes !== undefined) {
    if (/application\/vnd\.github\.(?:v3\.)?raw/.test(asked.headers.accept ?? '')) return raw(bytes);
    // GitHub wraps base64 after 60 characters.
    const content = bytes.toString('base64').replace(/.{1,60}/g, '$&\n');
    return json(200, { ...describe(asked, place, 'file', bytes), content, encoding: 'base64' });
  }
  const entries = await listAt(place, directories);
  if (entries === undefined) return json(404, NOT_FOUND);
  const names = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rows = names.map(async ([name, type]) => {
    const below = { ...place, path: place.path === '' ? name : `${place.path}/${name}` };
    return describe(asked, below, type, type === 'dir' ? undefined : await readFileAt(below, directories));
  });
  return json(200, await Promise.all(rows));
}

async function answerRaw(place: Place, directories: readonly Directory[]): Promise<Answer> {
  const bytes = await readFileAt(place, directories);
  return bytes === undefined ? json(404, NOT_FOUND) : raw(bytes);
}

const raw = (bytes: Buffer): Answer => download(bytesContent(bytes), 'application/vnd.github.raw; charset=utf-8', blobId(bytes));

function describe(asked: Asked, { owner, repo, ref, path }: Place, type: 'file' | 'dir', bytes: Buffer | undefined): object {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const query = ref === '' ? '' : `?ref=${encodeURIComponent(ref)}`;
  const repository = `${asked.base}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;
  return {
    name: path.split('/').at(-1),
    path,
    // A tree's true id needs its whole content; any stable id does for a listing.
    sha: bytes === undefined ? createHash('sha1').update(`tree ${owner}/${repo}/${ref}/${path}`).digest('hex') : blobId(bytes),
    size: bytes?.length ?? 0,
    type,
    url: `${repository}/contents/${encoded}${query}`,
    html_url: null,
    git_url: null,
    download_url: type === 'dir' ? null : `${repository}/raw/${encodeURIComponent(ref === '' ? 'HEAD' : ref)}/${encoded}`,
  };
}

/** Git's name of a blob. */
const blobId = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
