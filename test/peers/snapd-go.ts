/** Programs around snapd's own Go packages, as Debian packages them; they are built without a network. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { hasPeer } from '../support/kit-registry.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');
const GO_PATH = '/usr/share/gocode';
/** The package of snapd's sources depends on nothing, so what they import is named here: import path and Debian package. */
const SOURCES = {
  'github.com/snapcore/snapd': 'golang-github-snapcore-snapd-dev',
  'github.com/godbus/dbus': 'golang-dbus-dev',
  'github.com/juju/ratelimit': 'golang-github-juju-ratelimit-dev',
  'golang.org/x/crypto': 'golang-golang-x-crypto-dev',
  'golang.org/x/xerrors': 'golang-golang-x-xerrors-dev',
  'gopkg.in/macaroon.v1': 'golang-gopkg-macaroon.v1-dev',
  'gopkg.in/retry.v1': 'golang-gopkg-retry.v1-dev',
  'gopkg.in/tomb.v2': 'golang-gopkg-tomb.v2-dev',
  'gopkg.in/yaml.v2': 'golang-gopkg-yaml.v2-dev',
};

/** Path of the program built from test/peers/NAME; undefined when the test is skipped, and with REQUIRE_PEERS=1 a failure instead. */
export async function snapdProgram(t: TestContext, name: string): Promise<string | undefined> {
  if (!hasPeer(t, 'go', 'golang-go')) return undefined;
  const missing = Object.entries(SOURCES).flatMap(([path, debianPackage]) => (existsSync(join(GO_PATH, 'src', path)) ? [] : [debianPackage]));
  if (missing.length > 0) {
    const text = `snapd's sources are not all installed: apt-get install ${missing.join(' ')}`;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(text);
    t.skip(text);
    return undefined;
  }
  const program = join(tempDir(t), name);
  const cache = join(ROOT, 'dist', '.go-cache');
  await mkdir(cache, { recursive: true });
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOFLAGS: '', GOCACHE: cache, CGO_ENABLED: '0' };
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: join(ROOT, 'test/peers', name), env });
  return program;
}
