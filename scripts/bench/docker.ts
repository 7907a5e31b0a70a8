/** dockerd with directories of its own, and the old way to save images with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { timed } from './timed.ts';

export interface Docker {
  /** Pulls each image of the list and saves it into a gzipped file of its own. */
  save(directory: string, list: string): string[];
  /** Forgets every image. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

const SAVE = `set -euo pipefail
while read -r image; do
  name=\${image##*/}
  docker -H "$3" pull -q "$image" > /dev/null
  docker -H "$3" save "$image" | gzip > "$1/\${name%:*}.tgz"
done < "$2"`;

const START_MS = 30_000;

export async function startDocker(root: string): Promise<Docker> {
  await mkdir(root, { recursive: true });
  const host = `unix://${root}/docker.sock`;
  const places = ['--data-root', join(root, 'data'), '--exec-root', join(root, 'exec'), '--host', host, '--pidfile', join(root, 'pid')];
  const daemon = spawn('dockerd', [...places, '--iptables=false', '--bridge=none'], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const closed = once(daemon, 'close');
    daemon.kill('SIGTERM');
    await closed;
  };
  const answers = (): Promise<boolean> =>
    timed(['docker', '-H', host, 'info']).then(
      () => true,
      () => false,
    );
  for (const deadline = Date.now() + START_MS; !(await answers()); await sleep(200)) {
    if (daemon.exitCode === null && Date.now() < deadline) continue;
    await stop();
    throw new Error('dockerd did not start');
  }
  return {
    save: (directory, list) => ['bash', '-c', SAVE, 'docker', directory, list, host],
    forget: async () => void (await timed(['bash', '-c', 'docker -H "$0" system prune --all --force', host])),
    stop,
  };
}
