/** Container engines as they come from Debian, each with its own directories: nothing of theirs outlives a test. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const run = async (program: string, ...args: readonly string[]): Promise<string> => (await promisify(execFile)(program, args)).stdout;

export interface Engine {
  run(...args: readonly string[]): Promise<string>;
}

export interface DockerEngine extends Engine {
  /** ctr on the containerd that this dockerd started, in the kubelet's namespace. */
  ctr(...args: readonly string[]): Promise<string>;
  /** The program with the options that lead to this engine, as a shell reads it. */
  command(program: 'docker' | 'ctr'): string;
}

/** dockerd and its mounts need root; with REQUIRE_PEERS=1 their absence is a failure. */
export function isRoot(t: TestContext): boolean {
  if (process.getuid?.() === 0) return true;
  if (process.env['REQUIRE_PEERS'] === '1') throw new Error('dockerd needs root');
  t.skip('dockerd needs root');
  return false;
}

const START_MS = 30_000;

function ownDirectory(t: TestContext, name: string): string {
  const directory = mkdtempSync(join(tmpdir(), name));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** dockerd with a socket of its own, without bridge or firewall rules; stopped, and waited for, when the test ends. */
export async function dockerEngine(t: TestContext): Promise<DockerEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'dockerd-'));
  const host = `unix://${directory}/docker.sock`;
  const options = ['--data-root', `${directory}/data`, '--exec-root', `${directory}/exec`, '--host', host, '--pidfile', `${directory}/pid`];
  const daemon = spawn('dockerd', [...options, '--iptables=false', '--bridge=none'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  daemon.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-2000);
  });
  t.after(async () => {
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const ended = new Promise((resolve) => daemon.once('close', resolve));
      daemon.kill('SIGTERM');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  });
  const docker: Engine['run'] = (...args) => run('docker', '--host', host, ...args);
  for (const deadline = Date.now() + START_MS; ; await sleep(200)) {
    if (
      await docker('info').then(
        () => true,
        () => false,
      )
    )
      break;
    if (daemon.exitCode !== null || Date.now() > deadline) throw new Error(`dockerd did not start: ${log}`);
  }
  const socket = `${directory}/exec/containerd/containerd.sock`;
  return {
    run: docker,
    ctr: (...args) => run('ctr', '--address', socket, '--namespace', 'k8s.io', ...args),
    command: (program) =>
      program === 'docker' ? `/usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$HOME" docker --host ${host}` : `/usr/bin/ctr --address ${socket}`,
  };
}

export function podmanEngine(t: TestContext): Engine {
  const directory = ownDirectory(t, 'podman-');
  const options = ['--root', `${directory}/root`, '--runroot', `${directory}/runroot`, '--tmpdir', `${directory}/tmp`, '--storage-driver', 'vfs'];
  return { run: (...args) => run('podman', ...options, ...args) };
}

export const skopeo: Engine = { run: (...args) => run('skopeo', '--insecure-policy', ...args) };
