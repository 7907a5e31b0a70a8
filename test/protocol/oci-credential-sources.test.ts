/** Where logins are looked for: files in their order, helpers, and that no secret shows (facts/oci.md 2.2-2.4). */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCredentials, credentialSources } from '#src/clients/oci/credential-sources.js';
import { tempDir } from '../support/temp-dir.ts';

const CANARY = 'canary-2b8f';
const { signal } = new AbortController();
const login = (user: string) => ({ auth: Buffer.from(`${user}:${CANARY}`).toString('base64') });
const file = (path: string, content: unknown): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content));
  return path;
};

/** A home with a bin directory for helpers. */
function home(t: TestContext) {
  const dir = tempDir(t);
  const notes: string[] = [];
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  return {
    dir,
    notes,
    helper(name: string, script: string): void {
      writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, `docker-credential-${name}`), 0o755);
    },
    look: (environment: Record<string, string>) =>
      createCredentials({ environment: { HOME: dir, PATH: `${bin}:/usr/bin:/bin`, ...environment }, note: (message) => notes.push(message), signal }),
  };
}

test('asks the files in the order of the environment, the empty variables for none', () => {
  const all = { REGISTRY_AUTH_FILE: '/r', DOCKER_CONFIG: '/d', XDG_RUNTIME_DIR: '/x', XDG_CONFIG_HOME: '/c', HOME: '/h' };
  assert.deepEqual(
    credentialSources(all).map(({ path }) => path),
    ['/r', '/d/config.json', '/x/containers/auth.json', '/c/containers/auth.json', '/h/.docker/config.json'],
  );
  assert.deepEqual(
    credentialSources({ HOME: '/h', DOCKER_CONFIG: '' }).map(({ path }) => path),
    ['/h/.config/containers/auth.json', '/h/.docker/config.json'],
  );
  assert.deepEqual(credentialSources({}), []);
});

test('the stronger file wins for the host that it knows, the weaker one serves the others', async (t) => {
  const { dir, look, notes } = home(t);
  file(join(dir, '.docker/config.json'), { auths: { one: login('home'), two: login('home') } });
  file(join(dir, 'run/containers/auth.json'), { auths: { two: login('podman'), three: login('podman') } });
  const given = JSON.stringify({ auths: { three: login('variable') } });
  const find = look({ XDG_RUNTIME_DIR: join(dir, 'run'), DOCKER_AUTH_CONFIG: given });
  for (const [host, username] of [
    ['one', 'home'],
    ['two', 'podman'],
    ['three', 'variable'],
  ] as const)
    assert.deepEqual(await find(host, 'a/b'), { kind: 'password', username, password: CANARY });
  assert.equal(await find('four', 'a/b'), undefined);
  assert.deepEqual(notes, [
    `one: logging in with ${dir}/.docker/config.json`,
    `two: logging in with ${dir}/run/containers/auth.json`,
    'three: logging in with DOCKER_AUTH_CONFIG',
  ]);
});

test('a file named by REGISTRY_AUTH_FILE must be there, the others need not', async (t) => {
  const { look } = home(t);
  await assert.rejects(Promise.resolve(look({ REGISTRY_AUTH_FILE: '/nowhere/auth.json' })('h', 'a')), { code: 'INPUT_ABSENT' });
  assert.equal(await look({ DOCKER_CONFIG: '/nowhere' })('h', 'a'), undefined);
});

test('a helper named for the host is asked once, with the host on its input', async (t) => {
  const { dir, look, helper } = home(t);
  helper(
    'reg',
    `echo x >> ${dir}/calls; [ "$1" = get ] && read -r server && printf '{"ServerURL":"%s","Username":"u-%s","Secret":"${CANARY}"}' "$server" "$server"`,
  );
  file(join(dir, '.docker/config.json'), { auths: { 'r.example': login('stale') }, credHelpers: { 'r.example': 'reg' } });
  const find = look({});
  const expected = { kind: 'password', username: 'u-r.example', password: CANARY };
  assert.deepEqual(await Promise.all([find('r.example', 'a'), find('r.example', 'b')]), [expected, expected]);
  assert.equal(await find('other.example', 'a'), undefined);
  assert.equal(readFileSync(join(dir, 'calls'), 'utf8'), 'x\n');
});

test('credsStore has the logins whose entry in the file is empty; the Hub goes by its old key, <token> is an identity token', async (t) => {
  const { dir, look, helper } = home(t);
  helper('store', `read -r server; printf '{"Username":"<token>","Secret":"${CANARY} %s"}' "$server"`);
  file(join(dir, '.docker/config.json'), { auths: { h: {}, direct: login('ada') }, credsStore: 'store' });
  const find = look({});
  assert.deepEqual(await find('h', 'a'), { kind: 'identity', token: `${CANARY} h` });
  assert.deepEqual(await find('docker.io', 'library/x'), { kind: 'identity', token: `${CANARY} https://index.docker.io/v1/` });
  assert.deepEqual(await find('direct', 'a'), { kind: 'password', username: 'ada', password: CANARY });
});

test('"credentials not found" is no error: the next file is asked', async (t) => {
  const { dir, look, helper } = home(t);
  helper('empty', 'echo "credentials not found in native keychain"; exit 1');
  file(join(dir, 'd/config.json'), { credsStore: 'empty' });
  file(join(dir, '.docker/config.json'), { auths: { h: login('ada') } });
  assert.deepEqual(await look({ DOCKER_CONFIG: join(dir, 'd') })('h', 'a'), { kind: 'password', username: 'ada', password: CANARY });
});

test('a store that is not installed is a note, a helper named for the very host an error', async (t) => {
  const { dir, look, notes } = home(t);
  file(join(dir, '.docker/config.json'), { credsStore: 'desktop', credHelpers: { h: 'gone' } });
  assert.equal(await look({})('other', 'a'), undefined);
  assert.deepEqual(notes, [`${dir}/.docker/config.json: docker-credential-desktop is not installed, its logins are not used`]);
  await assert.rejects(Promise.resolve(look({})('h', 'a')), { code: 'LOCAL_TOOL' });
});

test('a helper that fails or babbles is named; nothing that it said is', async (t) => {
  const { dir, look, helper } = home(t);
  helper('bad', `echo "${CANARY}"; echo "${CANARY}" >&2; exit 3`);
  helper('babble', `echo "{\\"Secret\\": \\"${CANARY}\\"}"`);
  for (const name of ['bad', 'babble']) {
    file(join(dir, '.docker/config.json'), { credHelpers: { h: name } });
    await assert.rejects(Promise.resolve(look({})('h', 'a')), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'LOCAL_TOOL');
      assert.match(error.message, new RegExp(`docker-credential-${name}`));
      assert.doesNotMatch(`${error.message} ${error.stack}`, new RegExp(CANARY));
      return true;
    });
  }
});

test('a helper whose name could be a path or an option is refused unrun', async (t) => {
  const { dir, look } = home(t);
  for (const name of ['../evil', '-x', 'a b', 'x;id']) {
    file(join(dir, '.docker/config.json'), { credHelpers: { h: name } });
    await assert.rejects(Promise.resolve(look({})('h', 'a')), { code: 'INPUT_MALFORMED' });
  }
});
