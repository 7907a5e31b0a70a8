/** Runs the archive's own deploy.sh against an empty registry, with stand-ins for juju and snap that record what they are asked. */
import { chmod, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runProcess } from '../../clients/process.ts';
import { createUpstreamServer } from '../../serve/server.ts';
import { ok, type Check } from './check.ts';

const STAND_IN = new URL('../../../kit/rehearsal/stand-in.sh', import.meta.url);
const STEPS = [['check'], ['images'], ['render'], ['deploy', '--yes']] as const;
/** Without a bundle there is nothing for juju to do. */
const STEPS_WITHOUT_BUNDLE = [['check'], ['images'], ['verify']] as const;
const SHOWN_LINES = 6;

export interface FarSide {
  readonly checks: readonly Check[];
  /** Address of the registry after the push. */
  readonly registry: string;
}

export interface FarSideOptions {
  /** The unpacked archive. */
  readonly site: string;
  /** A folder of our own beside it. */
  readonly scratch: string;
  /** PATH of the machine. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** Runs the scripts, then `use` while the registry still answers; nothing of it is left afterwards, however that ends. */
export async function withFarSide<T>(options: FarSideOptions, use: (far: FarSide) => Promise<T>): Promise<T> {
  const registry = createUpstreamServer({ dirs: [] });
  const outside = await recordEscapes();
  try {
    const { url } = await registry.listen('127.0.0.1', 0);
    const record = join(options.scratch, 'calls.tsv');
    await writeFile(record, '');
    const env = await siteEnvironment({ ...options, registry: url, proxy: outside.url, record });
    const hasBundle = await stat(join(options.site, 'bundle.yaml')).then(
      () => true,
      () => false,
    );
    const checks: Check[] = [];
    for (const step of hasBundle ? STEPS : STEPS_WITHOUT_BUNDLE) checks.push(await runStep(step, env, options));
    checks.push(...outside.hosts().map((host): Check => ({ path: 'the network', status: 'failed', expected: 'nothing but the registry', found: host })));
    if (hasBundle) checks.push(deployCheck(await readFile(record, 'utf8')));
    return await use({ checks, registry: url });
  } finally {
    await outside.close();
    await registry.close();
  }
}

interface SiteOptions extends FarSideOptions {
  readonly registry: string;
  readonly proxy: string;
  /** Where the stand-ins write down what they are asked. */
  readonly record: string;
}

/** The stand-ins come first in PATH; HOME and TMPDIR are folders of ours. */
async function siteEnvironment({ site, scratch, path, registry, proxy, record }: SiteOptions): Promise<Record<string, string>> {
  const bin = join(scratch, 'bin');
  const temporary = join(scratch, 'tmp');
  await Promise.all([bin, temporary].map((folder) => mkdir(folder, { recursive: true })));
  for (const name of ['juju', 'snap']) {
    await copyFile(STAND_IN, join(bin, name));
    await chmod(join(bin, name), 0o755);
  }
  return {
    PATH: `${bin}:${path}`,
    HOME: scratch,
    TMPDIR: temporary,
    NO_COLOR: '1',
    DOCKER_REGISTRY: registry.replace('http://', ''),
    REGISTRY_SCHEME: 'http',
    // Whatever asks for a host outside is caught by a proxy that knows nothing but to write it down.
    ...Object.fromEntries(['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].map((name) => [name, proxy])),
    no_proxy: '127.0.0.1,localhost',
    NO_PROXY: '127.0.0.1,localhost',
    REHEARSAL_RECORD: record,
    REHEARSAL_SNAPS: join(site, 'snaps', 'snaps.tsv'),
  };
}

async function runStep(step: readonly string[], env: Readonly<Record<string, string>>, { site, signal, onLine }: FarSideOptions): Promise<Check> {
  const path = `deploy.sh ${step.join(' ')}`;
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    onLine(line);
  };
  const { exitCode } = await runProcess('bash', [join(site, 'deploy.sh'), ...step], { cwd: site, env, signal, onLine: keep });
  if (exitCode === 0) return ok(path);
  return { path, status: 'failed', expected: 'exit code 0', found: `${exitCode ?? 'a signal'}: ${lines.slice(-SHOWN_LINES).join(' | ')}` };
}

/** The juju line must name the bundle, and the registry's overlay last. */
function deployCheck(record: string): Check {
  const calls = record.split('\n').map((line) => line.split('\t'));
  const deploy = calls.find(([program, verb]) => program === 'juju' && verb === 'deploy');
  if (deploy === undefined) return { path: 'juju deploy', status: 'failed', expected: 'one call', found: 'none' };
  const overlays = deploy.flatMap((word, index) => (word === '--overlay' ? [deploy[index + 1] ?? ''] : []));
  if (deploy.includes('./bundle.yaml') && (overlays.length === 0 || overlays.at(-1) === './overlays/registry.yaml')) return ok('juju deploy');
  return { path: 'juju deploy', status: 'failed', expected: './bundle.yaml with ./overlays/registry.yaml last', found: deploy.slice(1).join(' ') };
}

/** A proxy on loopback that answers nobody and remembers who was asked for. */
async function recordEscapes(): Promise<{ url: string; hosts(): string[]; close(): Promise<void> }> {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    asked.add(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    asked.add(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    hosts: () => [...asked].toSorted(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
