// The kit with nothing but what a bare Ubuntu server has: bash, coreutils, tar, gzip, sed, mawk, grep, find, curl; an empty environment.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildKitArchive } from '../support/kit-archive.ts';
import { USER, dockerRegistry, hasPeer, selfSigned } from '../support/kit-registry.ts';
import { deploySh } from '../support/kit-run.ts';

const COREUTILS =
  'base64 basename cat chmod chown comm cp cut date dd df dirname du echo env false head id install join link ln ls md5sum mkdir mkfifo mktemp mv nl nproc numfmt od paste ' +
  'printf pwd readlink realpath rm rmdir seq sha1sum sha256sum sha512sum shuf sleep sort split stat stdbuf stty sync tac tail tee test timeout touch tr true truncate tty uname ' +
  'uniq unlink wc who whoami yes';
const SNAP = ['snapd', '1', 'amd64', 'latest/stable', '-', 'snapd', 'strict', '1', 'snaps/snapd_1_amd64.snap', 'snaps/snapd_1_amd64.assert', 'ab'.repeat(48), '1'];

test('every command of the kit on a bare server', async (t) => {
  if (!hasPeer(t, 'docker-registry', 'docker-registry') || !hasPeer(t, 'openssl', 'openssl') || !hasPeer(t, 'mawk', 'mawk')) return;
  const debs = 'package\tbase\torigin\tcharm\twhy\nsocat\tubuntu@22.04\tubuntu\tworker\tx\n';
  const python = 'package\tversion\torigin\tcharm\nrequests\t2.31.0\tpypi\tx\n';
  const archive = buildKitArchive({ snaps: [SNAP], files: { 'apt/packages.tsv': debs, 'pypi/packages.tsv': python } });
  t.after(() => archive.remove());
  const bin = join(archive.beside, 'bin');
  mkdirSync(bin);
  for (const name of ['bash', ...COREUTILS.split(' '), 'tar', 'gzip', 'sed', 'grep', 'find', 'curl', 'mawk']) {
    const program = ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? assert.fail(`${name} is not on this machine`);
    symlinkSync(program, join(bin, name));
  }
  symlinkSync(join(bin, 'mawk'), join(bin, 'awk'));
  const tls = selfSigned(archive.beside);
  const { address } = await dockerRegistry(t, { auth: true, tls });
  const env = { PATH: bin, DOCKER_REGISTRY: address, REGISTRY_CA: tls.ca, ...USER };
  const saved = join(archive.beside, 'saved');

  for (const [line, code, said] of [
    ['', 0, /^ {5}2 images/m],
    ['help', 0, /^exit codes$/m],
    ['version', 0, /^for amd64, ubuntu@22\.04$/m],
    ['check', 0, /^check: all is well$/m],
    ['images --dry-run', 0, /^\+ curl /m],
    ['images', 0, /2 pushed .* 0 failed$/m],
    ['images', 0, /0 pushed .* 2 already there, 0 failed$/m],
    ['verify', 0, /^4 of 4 names /m],
    [`images --save-docker ${saved}`, 0, /juju scp -- -r /],
    ['render', 0, /custom_registries/],
    ['model-config', 0, /model-config --file \.\/model-config\.yaml$/m],
    ['deploy', 0, /deploy \.\/bundle\.yaml --overlay \.\/overlays\/registry\.yaml --trust$/m],
    ['deploy --yes', 3, /^$/],
    ['apt', 0, /^aptly mirror create /m],
    ['pypi', 0, /^pip download .* requests==2\.31\.0$/m],
    ['snaps', 0, /^snapd 1 amd64 latest\/stable /m],
    ['snaps --push', 7, /^store-admin export snaps snapd --channel=latest\/stable --arch=amd64 /m],
    ['images --with skopeo', 3, /^$/],
  ] as const) {
    const run = await deploySh(archive, line === '' ? [] : line.split(' '), env);
    assert.equal(run.code, code, `${line}: ${run.stderr}`);
    assert.match(run.stdout, said, line);
    assert.doesNotMatch(run.stderr, /command not found|No such file/, line);
  }
});
