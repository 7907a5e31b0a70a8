/** Registries on loopback: Debian's docker-registry, and a small scripted one for what that one never does. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** `operator` / `s3cret pass:word`, bcrypt. */
export const USER = { REGISTRY_USER: 'operator', REGISTRY_PASS: 's3cret pass:word' };
const HTPASSWD = 'operator:$2y$05$abcdefghijklmnopqrstuuWqE.ZbojV4lW1JhHwMXr3EQklLDUc6y\n';

/** Skips the test when the program is not installed; with REQUIRE_PEERS=1 fails it. */
export function hasPeer(t: TestContext, program: string, debianPackage: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(`${program} is not installed: apt-get install ${debianPackage}`);
    t.skip(`${program} is not installed: apt-get install ${debianPackage}`);
    return false;
  }
}

export interface Certificate {
  readonly ca: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1 that signs itself, made on the spot. */
export function selfSigned(directory: string): Certificate {
  const ca = join(directory, 'ca.pem');
  const key = join(directory, 'key.pem');
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', ca, ...subject], {
    stdio: 'ignore',
  });
  return { ca, key };
}

/** Which token server the registry sends its clients to, and the certificates it believes. */
interface TokenSettings {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly certificate?: string;
  readonly rootcertbundle?: string;
}

/** Starts docker-registry on a port of its choice; `address` is HOST:PORT. Ends with the test. */
export async function dockerRegistry(
  t: TestContext,
  { auth = false, tls, token }: { auth?: boolean; tls?: Certificate; token?: TokenSettings } = {},
): Promise<{ address: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'kit-registry-'));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'htpasswd'), HTPASSWD);
  const config = {
    version: 0.1,
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') } },
    http: { addr: '127.0.0.1:0', ...(tls !== undefined && { tls: { certificate: tls.ca, key: tls.key } }) },
    ...(auth && { auth: { htpasswd: { realm: 'kit', path: join(directory, 'htpasswd') } } }),
    ...(token !== undefined && {
      auth: { token: { realm: token.realm, service: token.service, issuer: token.issuer, rootcertbundle: token.rootcertbundle ?? token.certificate } },
    }),
  };
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(async () => {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error(`docker-registry ended: ${text}`)));
    child.once('error', reject);
  });
  return { address };
}

export interface Script {
  /** How uploads are addressed. */
  readonly location?: 'path' | 'beside' | 'absolute' | 'query' | 'other-scheme';
  /** Bearer tokens, each good for one repository and so many requests. */
  readonly tokens?: number;
  /** A status in place of the answer, `cut` for a broken connection, `stall` for no answer ever, or nothing. `count` is that of requests of this method and path. */
  readonly fault?: (method: string, path: string, count: number) => number | 'cut' | 'stall' | undefined;
  /** Leaves out Docker-Content-Digest. */
  readonly silent?: boolean;
  /** Answers HEAD of a blob it has with a redirect to its storage. */
  readonly redirect?: boolean;
  /** Stores other bytes of manifests than it was sent. */
  readonly corrupt?: boolean;
}

export interface ScriptedRegistry {
  readonly address: string;
  readonly requests: { readonly method: string; readonly path: string; readonly authorization: string; readonly status: () => number }[];
  /** REPOSITORY@DIGEST of blobs and REPOSITORY:TAG of manifests. */
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  /** Each ends when the client gives up a request that was stalled. */
  readonly stalled: Promise<void>[];
}

/** A registry of Node's own that keeps to the specification where the script does not say otherwise. */
export async function scriptedRegistry(t: TestContext, script: Script = {}): Promise<ScriptedRegistry> {
  const registry: ScriptedRegistry = { address: '', requests: [], blobs: new Map(), manifests: new Map(), stalled: [] };
  const counts = new Map<string, number>();
  const tokens = new Map<string, { scopes: string[]; left: number }>();
  const server = createServer((request, response) => {
    void body(request).then((bytes) => {
      const method = request.method ?? '';
      const url = new URL(request.url ?? '/', `http://${address}`);
      const key = `${method} ${url.pathname}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const authorization = request.headers.authorization ?? '';
      registry.requests.push({ method, path: request.url ?? '', authorization, status: () => response.statusCode });
      if (url.pathname === '/token') return issue(url, authorization, tokens, script.tokens ?? 0, response);
      const refused = script.tokens === undefined ? undefined : challenge(url, method, authorization, tokens, address);
      if (refused !== undefined) return response.writeHead(401, { 'WWW-Authenticate': refused }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      const fault = script.fault?.(method, url.pathname, counts.get(key) ?? 0);
      if (fault === 'cut') return request.socket.destroy();
      if (fault === 'stall') return void registry.stalled.push(new Promise((resolve) => request.socket.once('close', () => resolve())));
      if (fault !== undefined) return response.writeHead(fault).end(`{"errors":[{"code":"UNKNOWN","message":"scripted ${fault}"}]}`);
      return serve(registry, script, { method, url, bytes, type: request.headers['content-type'] ?? '', address }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
  return { ...registry, address };
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    // A client that breaks off gets no answer.
    return new Promise(() => {});
  }
  return Buffer.concat(chunks);
}

const BASIC = `Basic ${Buffer.from('operator:s3cret pass:word').toString('base64')}`;

function issue(url: URL, authorization: string, tokens: Map<string, { scopes: string[]; left: number }>, left: number, response: ServerResponse): void {
  if (authorization !== BASIC || url.searchParams.get('service') !== 'kit registry') {
    response.writeHead(401).end('{"errors":[]}');
    return;
  }
  const token = `t${tokens.size}.eyJhbGciOi-_A`;
  tokens.set(token, { scopes: url.searchParams.getAll('scope'), left });
  response
    .writeHead(200, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ expires_in: 60, access_token: token, refresh_token: 'not this one' }, null, 2));
}

/** The challenge of a request that its token does not allow; nothing when it does. */
function challenge(
  url: URL,
  method: string,
  authorization: string,
  tokens: Map<string, { scopes: string[]; left: number }>,
  address: string,
): string | undefined {
  const token = tokens.get(authorization.replace(/^Bearer /, ''));
  const repository = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(url.pathname)?.[1];
  const scope = repository === undefined ? '' : `,scope="repository:${repository}:${method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push'}"`;
  const allowed =
    token !== undefined && token.left-- > 0 && (repository === undefined || token.scopes.some((have) => have.startsWith(`repository:${repository}:pull`)));
  return allowed ? undefined : `Bearer realm="http://${address}/token",service="kit registry"${scope}`;
}

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly bytes: Buffer;
  readonly type: string;
  readonly address: string;
}

function serve(registry: ScriptedRegistry, script: Script, asked: Asked, response: ServerResponse): void {
  const [, repository = '', what, name = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(asked.url.pathname) ?? [];
  if (asked.url.pathname === '/v2/') response.writeHead(200).end('{}');
  else if (what === 'manifests') manifest(registry, script, asked, `${repository}:${name}`, response);
  else if (name === 'uploads/') openUpload(registry, script, asked, repository, response);
  else if (name.startsWith('uploads/')) putBlob(registry, asked, repository, response);
  else
    response
      .writeHead(registry.blobs.has(`${repository}@${name}`) ? (script.redirect === true ? 307 : 200) : 404, { Location: 'http://storage.invalid/' })
      .end();
}

function openUpload(registry: ScriptedRegistry, script: Script, { url, address }: Asked, repository: string, response: ServerResponse): void {
  const mount = registry.blobs.get(`${url.searchParams.get('from')}@${url.searchParams.get('mount')}`);
  if (mount !== undefined) {
    registry.blobs.set(`${repository}@${url.searchParams.get('mount')}`, mount);
    response.writeHead(201).end();
    return;
  }
  const path = `/v2/${repository}/blobs/uploads/u-1`;
  const location = {
    path,
    beside: 'u-1',
    absolute: `http://${address}${path}`,
    query: `${path}?_state=a%2Fb%3D&x=y`,
    'other-scheme': `https://${address}${path}`,
  }[script.location ?? 'path'];
  response.writeHead(202, { lOcAtIoN: location }).end();
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function putBlob(registry: ScriptedRegistry, { url, bytes, type }: Asked, repository: string, response: ServerResponse): void {
  const digest = url.searchParams.get('digest') ?? '';
  const stateKept = url.searchParams.get('_state') === null || (url.searchParams.get('_state') === 'a/b=' && url.searchParams.get('x') === 'y');
  const good = sha256(bytes) === digest && type === 'application/octet-stream' && stateKept;
  if (good) registry.blobs.set(`${repository}@${digest}`, bytes);
  response.writeHead(good ? 201 : 400).end(good ? '' : '{"errors":[{"code":"BLOB_UPLOAD_INVALID"}]}');
}

function manifest(registry: ScriptedRegistry, script: Script, { method, bytes, type }: Asked, key: string, response: ServerResponse): void {
  if (method === 'PUT') registry.manifests.set(key, { type, bytes: script.corrupt === true ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes });
  const stored = registry.manifests.get(key);
  if (stored === undefined) {
    response.writeHead(404).end();
    return;
  }
  const digest = script.silent === true ? {} : { 'Docker-Content-Digest': sha256(stored.bytes) };
  response.writeHead(method === 'PUT' ? 201 : 200, { 'Content-Type': stored.type, ...digest }).end(method === 'GET' ? stored.bytes : '');
}

/** The digest that a tag has in a real registry, asked for without the kit. */
export function digestOf(base: string, repository: string, tag: string, more: readonly string[] = []): string {
  const accept = 'Accept: application/vnd.oci.image.manifest.v1+json';
  const answer = execFileSync('curl', ['-q', '-sS', '-I', '-H', accept, ...more, `${base}/v2/${repository}/manifests/${tag}`], { encoding: 'utf8' });
  return /^docker-content-digest: (\S+)/im.exec(answer)?.[1] ?? answer.split('\r\n')[0] ?? '';
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
