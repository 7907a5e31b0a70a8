/** The CLI against registries that want a login, that are killed half-way, that are asked twice. */
import assert from 'node:assert/strict';
import { type ChildProcess } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ran, runCli } from '../support/run-cli.ts';
import { registryGuard } from '../support/registry-guard.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const BUNDLE = `series: jammy
name: one-charm
applications:
  kubernetes-worker:
    charm: kubernetes-worker
    channel: 1.26/stable
    num_units: 1
    options: {channel: 1.26/stable}
relations: []
`;
const LIST = ['coredns/coredns:1.9.4', 'pause:3.9', 'addon-resizer-amd64:1.8.9'].map((name) => `rocks.canonical.com/cdk/${name}\n`).join('');
const CANARY = 'canary-Zm9v-77';
const USER = `operator:${CANARY}`;

/** Every spelling in which the secret could get out. */
const spellings = [CANARY, Buffer.from(USER).toString('base64'), encodeURIComponent(CANARY), Buffer.from(CANARY).toString('base64')];

function silent(text: string, where: string): void {
  for (const spelling of spellings) assert.ok(!text.includes(spelling), `the secret shows in ${where}`);
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('registries', () => {
  let folder: Folder;
  let upstreams: Upstreams;
  let count = 0;

  before(async () => {
    folder = await scratch('registries');
    const bundle = await folder.file('bundle.yaml', BUNDLE);
    await folder.file('lists/v1.26.4.txt', LIST);
    await buildWorld({ bundle, imageLists: join(folder.path, 'lists'), channel: '1.26/stable' }, join(folder.path, 'world'));
    upstreams = await serveDirs([join(folder.path, 'world')]);
  });
  after(async () => {
    await upstreams?.close();
    await folder?.remove();
  });

  /** A directory of its own, which is also HOME. */
  async function place(): Promise<string> {
    const cwd = join(folder.path, `run-${(count += 1)}`);
    await mkdir(join(cwd, '.docker'), { recursive: true });
    await writeFile(join(cwd, 'bundle.yaml'), BUNDLE);
    return cwd;
  }

  const pack = (registry: string, ...more: readonly string[]): string[] => {
    const args = upstreams.args.filter((arg, index, all) => arg !== '--registry-mirror' && all[index - 1] !== '--registry-mirror');
    return ['./bundle.yaml', '-o', 'out.tar.gz', '--cache-dir', 'cache', '--registry-mirror', `*=${registry}`, ...args, ...more];
  };

  const outputs = ({ stdout, stderr }: Ran): string => stdout + stderr;

  test('log in with the file of docker, renew tokens that run out in mid-run, and let no secret out', async (t) => {
    const guard = await registryGuard(t, upstreams.url, { login: USER, uses: 8 });
    const cwd = await place();
    await writeFile(join(cwd, '.docker', 'config.json'), JSON.stringify({ auths: { [guard.host]: { auth: Buffer.from(USER).toString('base64') } } }));
    const packed = await runCli(pack(guard.url, '-v', '--debug', '--events', '--compression', '0'), { cwd });
    assert.equal(packed.code, 0, packed.stderr);
    assert.ok(guard.tokens() > 3, `${guard.tokens()} tokens`);
    assert.match(packed.stderr, /logging in with .*config\.json/);
    silent(outputs(packed), 'the output');
    for (const file of await filesBelow(cwd)) if (!file.endsWith('/.docker/config.json')) silent(await readFile(file, 'latin1'), file);
  });

  test('log in with a credential helper; a wrong login is an error without the secret', async (t) => {
    const guard = await registryGuard(t, upstreams.url, { login: USER });
    const cwd = await place();
    const helper = join(cwd, 'docker-credential-canary');
    await writeFile(helper, `#!/bin/sh\nread -r server\nprintf '{"Username":"operator","Secret":"%s"}' "$(cat secret)"\n`);
    await chmod(helper, 0o755);
    await writeFile(join(cwd, 'secret'), CANARY);
    await writeFile(join(cwd, '.docker', 'config.json'), JSON.stringify({ credsStore: 'canary' }));
    const env = { PATH: `${cwd}:${process.env['PATH'] ?? ''}` };
    const planned = await runCli(['plan', ...pack(guard.url, '-v', '--debug'), '-o', 'plan.json'], { cwd, env });
    assert.equal(planned.code, 0, planned.stderr);
    silent(outputs(planned), 'the output');
    silent(await readFile(join(cwd, 'plan.json'), 'utf8'), 'plan.json');
    await writeFile(join(cwd, 'secret'), `${CANARY}-wrong`);
    const denied = await runCli(pack(guard.url, '-v', '--debug', '--no-cache'), { cwd, env });
    assert.equal(denied.code, 5, denied.stderr);
    assert.match(denied.stderr, /refused: 401/);
    silent(outputs(denied), 'the output');
  });

  test('a secret in the address of a mirror shows nowhere either', async (t) => {
    const guard = await registryGuard(t, upstreams.url, { login: USER });
    const cwd = await place();
    const packed = await runCli(pack(guard.url.replace('http://', `http://${USER}@`), '-v', '--debug', '--events', '--compression', '0'), { cwd });
    assert.equal(packed.code, 0, packed.stderr);
    silent(outputs(packed), 'the output');
    for (const file of await filesBelow(cwd)) silent(await readFile(file, 'latin1'), file);
  });

  test('every blob comes once in a run, whatever shares it, and none in the second run', async (t) => {
    const guard = await registryGuard(t, upstreams.url);
    const cwd = await place();
    const first = await runCli(pack(guard.url), { cwd });
    assert.equal(first.code, 0, first.stderr);
    const blobs = guard.asked.filter(({ path }) => path.includes('/blobs/')).map(({ path }) => path.replace(/^.*(sha256:[0-9a-f]+).*$/, '$1'));
    assert.ok(blobs.length > 3);
    assert.equal(new Set(blobs).size, blobs.length);
    const before = guard.asked.length;
    const second = await runCli(pack(guard.url), { cwd, env: { SOURCE_DATE_EPOCH: '0' } });
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(
      guard.asked.slice(before).filter(({ path }) => path.includes('/blobs/')),
      [],
    );
  });

  test('a run that is killed inside a blob is taken up there by the next', async (t) => {
    let broken: string | undefined;
    const stall = ({ path }: { path: string }): number | undefined => {
      if (broken === undefined && path.includes('/blobs/') && guard.asked.filter((one) => one.path.includes('/blobs/')).length > 4) broken = path;
      return path === broken && guard.asked.filter((one) => one.path === path).length === 1 ? 100 : undefined;
    };
    const guard = await registryGuard(t, upstreams.url, { stall });
    const cwd = await place();
    const partials = join(cwd, 'cache', 'v1', 'partial');
    const children: ChildProcess[] = [];
    const running = runCli(pack(guard.url), { cwd, onStart: (child) => children.push(child) });
    const waiting = async (): Promise<boolean> => {
      const names = await readdir(partials).catch(() => []);
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(partials, name)).catch(() => undefined))?.size));
      return broken !== undefined && sizes.includes(100);
    };
    for (let tries = 0; tries < 200 && !(await waiting()); tries += 1) await sleep(50);
    assert.ok(await waiting(), 'no blob was caught half-way');
    children[0]?.kill('SIGKILL');
    assert.notEqual((await running).code, 0);
    assert.deepEqual((await readdir(cwd)).toSorted(), ['.docker', 'bundle.yaml', 'cache']);
    const again = await runCli(pack(guard.url), { cwd });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(
      guard.asked.filter(({ path }) => path === broken).map(({ range }) => range),
      [undefined, 'bytes=100-'],
    );
  });
});
