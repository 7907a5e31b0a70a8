/** A world built by scripts/world and served in this process: the upstream of the end-to-end tests. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUpstreamServer } from '#src/serve/server.js';
import { runWorld } from './run-cli.ts';

export interface WorldInput {
  readonly bundle: string;
  readonly overlays?: string;
  readonly imageLists?: string;
  readonly channel: string;
  readonly archs?: readonly string[];
  /** Laid over scripts/world/charms.yaml. */
  readonly charms?: string;
  readonly name?: string;
  /** Folder with the keys of an earlier world; large primes take seconds. */
  readonly trust?: string;
  /** Keep the keys, in `OUT.keys`. */
  readonly keys?: boolean;
}

export interface Upstreams {
  readonly url: string;
  /** Requests so far: `GET /v2/…`. */
  readonly log: readonly string[];
  /** Options that point the CLI at it instead of the real services. */
  readonly args: readonly string[];
  close(): Promise<void>;
}

export async function buildWorld(input: WorldInput, out: string): Promise<void> {
  const args = ['--bundle', input.bundle, '--channel', input.channel, '--out', out];
  if (input.overlays !== undefined) args.push('--overlays', input.overlays);
  if (input.imageLists !== undefined) args.push('--image-lists', input.imageLists);
  if (input.charms !== undefined) args.push('--charms', input.charms);
  if (input.name !== undefined) args.push('--name', input.name);
  if (input.trust !== undefined) args.push('--trust', input.trust);
  if (input.keys === true) args.push('--keys');
  for (const arch of input.archs ?? []) args.push('--arch', arch);
  await mkdir(join(out, '..'), { recursive: true });
  const { code, stderr } = await runWorld(args, { cwd: join(out, '..') });
  if (code !== 0) throw new Error(`the world was not built: ${stderr}`);
}

/** `trust` holds the roots of the snaps; by default those that the first directory carries. */
export async function serveDirs(dirs: readonly string[], trust = join(dirs[0] ?? '', 'snaps', 'trust', 'world-root.assert')): Promise<Upstreams> {
  const log: string[] = [];
  const server = createUpstreamServer({ dirs: [...dirs], log: (line) => log.push(line) });
  const { url } = await server.listen('127.0.0.1', 0);
  const mirrors = ['ghcr.io', 'rocks.canonical.com', 'docker.io', 'registry.k8s.io', 'quay.io', '*'].flatMap((host) => ['--registry-mirror', `${host}=${url}`]);
  return {
    url,
    log,
    args: ['--charmhub-url', url, '--snap-store-url', url, '--bundle-repo', url, '--snap-trust', trust, ...mirrors],
    close: () => server.close(),
  };
}

export interface Folder {
  readonly path: string;
  /** Writes a file below it and gives its path. */
  file(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

export async function scratch(prefix: string): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), `shrinkwrap-${prefix}-`));
  return {
    path,
    async file(name, text) {
      const file = join(path, name);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, text);
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
