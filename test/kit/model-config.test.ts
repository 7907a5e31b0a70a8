// deploy.sh model-config, apt and pypi: what the site's own services have to be told, read back with a YAML parser.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { type KitArchive, type KitOptions, buildKitArchive } from '../support/kit-archive.ts';
import { deploySh, standIn } from '../support/kit-run.ts';

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

const FILES = ['model-config.yaml', 'add-model.yaml', 'bootstrap-defaults.yaml'] as const;
const read = (archive: KitArchive) => FILES.map((name) => parse(readFileSync(join(archive.root, name), 'utf8')));
const ASSERTIONS = 'type: account-key\nname: store\n\nAcLBU…\n\ntype: store\nstore: 1sZ7x\n\nAcLBX: # not a comment\n';

test('settings of the site reach the file for the model and the two for before it', async (t) => {
  const archive = archiveFor(t);
  writeFileSync(join(archive.beside, 'store.assert'), ASSERTIONS);
  const env = {
    APT_MIRROR_URL: 'http://mirror.lan/ubuntu',
    SNAP_STORE_ID: '1sZ7x',
    SNAP_STORE_ASSERTIONS: 'store.assert',
    CHARMHUB_URL: 'https://charmhub.lan',
    SITE_HTTP_PROXY: 'http://proxy.lan:3128',
    SITE_NO_PROXY: '10.0.0.0/8,.lan',
  };
  const run = await deploySh(archive, ['model-config'], env);
  assert.equal(run.code, 0, run.stderr);
  const [live, fresh, bootstrap] = read(archive);
  const proxies = Object.fromEntries(
    ['apt', 'juju', 'snap'].flatMap((kind) => [[`${kind}-http-proxy`, env.SITE_HTTP_PROXY], [`${kind}-https-proxy`, env.SITE_HTTP_PROXY]]),
  );
  assert.deepEqual(live, {
    'enable-os-upgrade': false,
    'apt-mirror': env.APT_MIRROR_URL,
    'snap-store-proxy': '1sZ7x',
    'snap-store-assertions': ASSERTIONS,
    ...proxies,
    'apt-no-proxy': env.SITE_NO_PROXY,
    'juju-no-proxy': env.SITE_NO_PROXY,
  });
  assert.deepEqual(fresh, { ...live, 'charmhub-url': env.CHARMHUB_URL });
  assert.deepEqual(bootstrap, fresh);
  const check = await deploySh(archive, ['check', '--skip', 'names,store'], env);
  assert.equal(check.code, 0, check.stderr);
  assert.equal(check.stdout, 'check: all is well (not looked at: names,store)\n');
});

test('what must be on a machine before anything else goes through cloud-init, and never with a key apt', async (t) => {
  const archive = archiveFor(t);
  const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  writeFileSync(join(archive.beside, 'ca.pem'), ca);
  const env = { DOCKER_REGISTRY: 'reg.lan:5000', REGISTRY_CA: join(archive.beside, 'ca.pem'), SNAPD_API_URL: 'http://store.lan:8080/a%20b', APT_MIRROR_URL: 'http://m/u' };
  assert.equal((await deploySh(archive, ['model-config'], env)).code, 0);
  const [live, fresh] = read(archive);
  assert.ok(!('cloudinit-userdata' in live));
  const userdata = parse(fresh['cloudinit-userdata']);
  assert.deepEqual(Object.keys(userdata).toSorted(), ['ca-certs', 'preruncmd', 'write_files']);
  assert.deepEqual(userdata['ca-certs'], { trusted: [ca] });
  assert.deepEqual(userdata.write_files, [
    { path: '/etc/systemd/system/snapd.service.d/store.conf', content: '[Service]\nEnvironment=SNAPPY_FORCE_API_URL=http://store.lan:8080/a%%20b\n' },
  ]);
});

for (const [version, words] of [
  ['2.9.49-ubuntu-amd64', ['model-config', '-m', 'ck', './model-config.yaml']],
  ['3.6.8-genericlinux-amd64', ['model-config', '-m', 'ck', '--file', './model-config.yaml']],
] as const) {
  test(`juju ${version}: --apply runs the line that is printed`, async (t) => {
    const archive = archiveFor(t);
    const juju = standIn(archive, 'bin/juju', { when: 'version', output: version });
    const env = { JUJU: juju.path, JUJU_MODEL: 'ck', SNAP_STORE_URL: 'http://store.lan' };
    const printed = await deploySh(archive, ['model-config'], env);
    assert.ok(printed.stdout.includes(`${juju.path} ${words.join(' ')}\n`), printed.stdout);
    assert.deepEqual(juju.calls(), []);
    assert.equal(read(archive)[0]['snap-store-proxy-url'], 'http://store.lan');
    assert.equal((await deploySh(archive, ['model-config', '--apply'], env)).code, 0);
    assert.deepEqual(juju.calls(), [[archive.root, ...words]]);
  });
}

test('juju 4 is refused, wrong settings are exit 2, a dry run writes nothing', async (t) => {
  const archive = archiveFor(t);
  const before = archive.snapshot();
  const juju = standIn(archive, 'bin/juju', { when: 'version', output: '4.0.1' });
  assert.equal((await deploySh(archive, ['model-config', '--apply'], { JUJU: juju.path })).code, 8);
  assert.equal((await deploySh(archive, ['model-config', '--apply'])).code, 3);
  for (const env of [{ APT_MIRROR_URL: 'mirror.lan' }, { SNAP_STORE_URL: "http://a'b" }, { SNAP_STORE_ID: 'x' }, { SNAP_STORE_URL: 'http://a\nb: c' }, { SITE_NO_PROXY: 'a b' }, { SNAPD_API_URL: 'http://a', SNAP_STORE_URL: 'http://b' }]) {
    assert.equal((await deploySh(archive, ['model-config'], env)).code, 2, JSON.stringify(env));
  }
  const dry = await deploySh(archive, ['model-config', '--dry-run', '--apply']);
  assert.match(dry.stdout, /^\+ write model-config\.yaml\n\+ write add-model\.yaml\n\+ write bootstrap-defaults\.yaml\n/);
  assert.deepEqual(archive.snapshot(), before);
});

test('apt says how to mirror what the charms install, by base and origin', async (t) => {
  const rows = ['package\tbase\torigin\tcharm\twhy', 'nginx\tubuntu@22.04\tubuntu\tlb\tx', 'socat\tubuntu@22.04\tubuntu\tworker\tx', 'azure-cli\tubuntu@22.04\thttps://packages.example/azure\taz\tx', '$(touch owned)\tubuntu@22.04\tubuntu\tx\tx'];
  const archive = archiveFor(t, { archive: { archs: 'amd64,arm64' }, files: { 'apt/packages.tsv': `${rows.join('\n')}\n` } });
  const run = await deploySh(archive, ['apt']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^aptly mirror create -architectures=amd64 -filter='curl \| cpu-checker \| tmux \| ubuntu-fan \| nginx \| socat' -filter-with-deps jammy-updates http:\/\/archive\.ubuntu\.com\/ubuntu jammy-updates main universe$/m);
  assert.match(run.stdout, /-filter='azure-cli' -filter-with-deps jammy-other-1 https:\/\/packages\.example\/azure jammy main$/m);
  assert.match(run.stdout, /^# {3}deb-arm64 http:\/\/ports\.ubuntu\.com\/ubuntu-ports jammy-security main/m);
  assert.doesNotMatch(run.stdout, /touch owned/);
});

test('pypi names only what travels in no charm', async (t) => {
  const head = 'package\tversion\torigin\tcharm\n';
  const none = archiveFor(t, { files: { 'pypi/packages.tsv': `${head}pip\t22.0\tcharm\tetcd\n` } });
  assert.equal((await deploySh(none, ['pypi'])).stdout, '1 Python packages travel inside the charms; no index is needed.\n');
  const some = archiveFor(t, { files: { 'pypi/packages.tsv': `${head}pip\t22.0\tcharm\tetcd\nrequests\t2.31.0\tpypi\tx\nsix\t-\tpypi\tx\n` } });
  assert.match((await deploySh(some, ['pypi'])).stdout, /^pip download -d pypi --only-binary :all: requests==2\.31\.0 six$/m);
  assert.match((await deploySh(archiveFor(t), ['apt'])).stdout, /packed without/);
});
