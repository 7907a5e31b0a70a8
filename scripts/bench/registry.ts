/** A real docker-registry on loopback with a directory of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Registry {
  /** HOST:PORT. */
  readonly address: string;
  /** What was asked for so far: `GET /v2/…`. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export async function startRegistry(root: string): Promise<Registry> {
  await mkdir(root, { recursive: true });
  const config = { version: 0.1, log: { level: 'info' }, storage: { filesystem: { rootdirectory: root } }, http: { addr: '127.0.0.1:0' } };
  await writeFile(join(root, 'config.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', join(root, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const asked: string[] = [];
  // Its access log is on stdout, in Apache's form.
  let line = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (line + chunk.toString()).split('\n');
    line = lines.pop() ?? '';
    for (const each of lines) asked.push(/"([A-Z]+ \S+) HTTP/.exec(each)?.[1] ?? each);
  });
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`docker-registry ended: ${said.slice(-500)}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString();
      const found = /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    address,
    asked,
    async stop() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      await rm(root, { recursive: true, force: true });
    },
  };
}
