/** A directory laid out like an unpacked archive, from literal bytes, and a server over it. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type UpstreamServerOptions, createUpstreamServer } from '#src/serve/server.js';

export type Files = Record<string, string | Buffer>;

export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const sha384 = (bytes: string | Buffer): string => createHash('sha384').update(bytes).digest('hex');
export const sha3 = (bytes: string | Buffer): Buffer => createHash('sha3-384').update(bytes).digest();

export async function writeTree(t: TestContext, files: Files): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'serve-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

export interface Served {
  readonly url: string;
  readonly lines: string[];
}

export async function serve(t: TestContext, dirs: readonly string[], options: Partial<UpstreamServerOptions> = {}): Promise<Served> {
  const lines: string[] = [];
  const server = createUpstreamServer({ dirs, log: (line) => lines.push(line), ...options });
  const { url } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close());
  return { url, lines };
}

export async function serveFiles(t: TestContext, files: Files, options: Partial<UpstreamServerOptions> = {}): Promise<Served> {
  return serve(t, [await writeTree(t, files)], options);
}

/** The parsed answer of a GET that must be JSON. */
export async function getJson(url: string, init: RequestInit = {}): Promise<{ status: number; type: string | null; body: unknown; headers: Headers }> {
  const response = await fetch(url, init);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json(), headers: response.headers };
}

export const postJson = (url: string, body: unknown, headers: Record<string, string> = {}): ReturnType<typeof getJson> =>
  getJson(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

export const CREATED = '2026-11-21T00:00:00Z';
export const manifest = (artifacts: readonly object[], more: object = {}): string =>
  JSON.stringify({ format: 'shrinkwrap-archive/1', tool: 'shrinkwrap 0.1.0', created: CREATED, request: {}, bases: [], warnings: [], artifacts, ...more });
