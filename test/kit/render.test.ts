// deploy.sh render: the overlay, read back with a YAML parser and judged by the rules of the containerd charm (facts/offline-deploy.md 2.2).
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { type KitArchive, type KitOptions, buildKitArchive } from '../support/kit-archive.ts';
import { deploySh } from '../support/kit-run.ts';

interface Entry {
  readonly url: string;
  readonly host?: string;
  readonly username?: string;
  readonly password?: string;
  readonly ca_file?: string;
  readonly insecure_skip_verify?: boolean;
}

const HOSTS = 'rocks.canonical.com:443 rocks.canonical.com registry.k8s.io k8s.gcr.io docker.io quay.io gcr.io us.gcr.io ghcr.io public.ecr.aws mcr.microsoft.com nvcr.io'.split(' ');

function archiveFor(t: TestContext, options: KitOptions = {}): KitArchive {
  const archive = buildKitArchive(options);
  t.after(() => archive.remove());
  return archive;
}

const overlayOf = (archive: KitArchive): string => readFileSync(join(archive.root, 'overlays/registry.yaml'), 'utf8');

async function rendered(archive: KitArchive, env: Record<string, string>) {
  const run = await deploySh(archive, ['render'], { DOCKER_REGISTRY: 'reg.lan:5000', ...env });
  assert.equal(run.code, 0, run.stderr);
  const overlay = parse(overlayOf(archive));
  return { run, overlay, entries: judged(overlay.applications.containerd.options.custom_registries) };
}

/** What the charm and the TOML it writes would refuse. */
function judged(text: unknown): Entry[] {
  assert.equal(typeof text, 'string');
  const entries: unknown = JSON.parse(String(text));
  assert.ok(Array.isArray(entries));
  const hosts = new Set<string>();
  const tables = new Set<string>();
  for (const entry of entries) {
    for (const [key, value] of Object.entries(entry)) {
      assert.ok(['url', 'host', 'username', 'password', 'ca_file', 'cert_file', 'key_file', 'insecure_skip_verify'].includes(key), key);
      assert.equal(typeof value, key === 'insecure_skip_verify' ? 'boolean' : 'string', key);
    }
    assert.ok(typeof entry.url === 'string' && !entry.url.endsWith('/'), entry.url);
    const host = entry.host ?? entry.url.replace(/^https?:\/\//, '');
    assert.ok(!hosts.has(host), `${host} twice`);
    hosts.add(host);
    if (Object.keys(entry).some((key) => key !== 'url' && key !== 'host')) {
      assert.ok(!tables.has(entry.url), 'one TOML table per url');
      assert.doesNotMatch(entry.url, /\//, 'containerd looks settings up by bare HOST:PORT');
      tables.add(entry.url);
    }
  }
  assert.ok(hosts.has('docker.io'), 'else the charm adds the public one');
  return entries;
}

test('plain http: the scheme stays in every url, golden', async (t) => {
  const archive = archiveFor(t);
  const { run, entries } = await rendered(archive, { REGISTRY_SCHEME: 'http', REGISTRY_MIRRORS: 'rocks.canonical.com:443,registry.k8s.io' });
  const registries =
    '[{"host":"reg.lan:5000","url":"http://reg.lan:5000"},{"host":"rocks.canonical.com:443","url":"http://reg.lan:5000"},' +
    '{"host":"registry.k8s.io","url":"http://reg.lan:5000/v2/cdk"},{"host":"docker.io","url":"http://reg.lan:5000/v2/cdk"}]';
  const golden = `# Where the images come from at this site. Written by ./deploy.sh render; write it again rather than edit it.
applications:
  'containerd':
    options:
      'custom_registries': '${registries}'
  'kubernetes-control-plane':
    options:
      'image-registry': 'reg.lan:5000/cdk'
  'calico':
    options:
      'calico-policy-image': 'reg.lan:5000/cdk/calico/kube-controllers:v3.21.4'
`;
  assert.equal(overlayOf(archive), golden);
  assert.equal(run.stdout, golden);
  assert.equal(entries.length, 4);
});

test('https: no scheme in any url, one entry a mirror host', async (t) => {
  const { entries } = await rendered(archiveFor(t), { REGISTRY_SCHEME: 'https' });
  assert.deepEqual(entries.map(({ host }) => host), ['reg.lan:5000', ...HOSTS]);
  for (const { url } of entries) assert.match(url, /^reg\.lan:5000(\/v2\/cdk)?$/);
});

test('https with CA and password: on one entry only, in a file that nobody else reads, and never printed', async (t) => {
  const archive = archiveFor(t);
  const ca = `-----BEGIN CERTIFICATE-----\n${'MIIB'.repeat(60)}\n-----END CERTIFICATE-----\n`;
  writeFileSync(join(archive.beside, 'ca.pem'), ca);
  const env = { REGISTRY_SCHEME: 'https', REGISTRY_CA: 'ca.pem', REGISTRY_USER: 'operator', REGISTRY_PASS: "p'a&$(id)ß %s*" };
  const { run, entries } = await rendered(archive, env);
  const [own, ...mirrors] = entries;
  assert.deepEqual(own, { host: 'reg.lan:5000', url: 'reg.lan:5000', username: 'operator', password: "p'a&$(id)ß %s*", ca_file: Buffer.from(ca).toString('base64') });
  for (const mirror of mirrors) assert.deepEqual(Object.keys(mirror), ['host', 'url']);
  assert.equal(statSync(join(archive.root, 'overlays/registry.yaml')).mode & 0o777, 0o600);
  assert.doesNotMatch(run.stdout + run.stderr, /p'+a&/);
  assert.match(run.stdout, /"password":"\*{8}"/);
});

test('an unchecked certificate is a JSON boolean', async (t) => {
  const { entries } = await rendered(archiveFor(t), { REGISTRY_SCHEME: 'https', REGISTRY_INSECURE: '1' });
  assert.deepEqual(entries.filter((entry) => 'insecure_skip_verify' in entry), [{ host: 'reg.lan:5000', url: 'reg.lan:5000', insecure_skip_verify: true }]);
});

test('http with a password: containerd cannot send it, so it is left out with a warning', async (t) => {
  const { run, entries } = await rendered(archiveFor(t), { REGISTRY_SCHEME: 'http', REGISTRY_USER: 'u', REGISTRY_PASS: 'secret' });
  assert.match(run.stderr, /warning: containerd sends no credentials to a plain http registry/);
  assert.doesNotMatch(JSON.stringify(entries), /secret/);
});

test('what a mirror asks for is where the image was pushed, whatever the prefix', async (t) => {
  const where = (entries: readonly Entry[], host: string, path: string): string => {
    const url = entries.find((entry) => entry.host === host)?.url ?? 'none';
    // containerd adds /v2 to an endpoint without a path.
    return (url.includes('/') ? url : `${url}/v2`) + `/${path}`;
  };
  for (const prefix of ['cdk', 'project/cdk']) {
    const { overlay, entries } = await rendered(archiveFor(t), { REGISTRY_SCHEME: 'https', REGISTRY_PREFIX: prefix });
    for (const host of ['rocks.canonical.com', 'rocks.canonical.com:443']) assert.equal(where(entries, host, 'cdk/pause'), `reg.lan:5000/v2/${prefix}/pause`);
    for (const host of ['docker.io', 'registry.k8s.io']) assert.equal(where(entries, host, 'coredns/coredns'), `reg.lan:5000/v2/${prefix}/coredns/coredns`);
    assert.equal(overlay.applications['kubernetes-control-plane'].options['image-registry'], `reg.lan:5000/${prefix}`);
  }
});

test('REGISTRY_MIRRORS: none, * and doubles', async (t) => {
  const archive = archiveFor(t);
  const hosts = async (mirrors: string) => (await rendered(archive, { REGISTRY_SCHEME: 'https', REGISTRY_MIRRORS: mirrors })).entries.map(({ host }) => host);
  assert.deepEqual(await hosts('none'), ['reg.lan:5000', 'docker.io']);
  assert.deepEqual(await hosts('*'), ['reg.lan:5000', '*', 'docker.io', 'rocks.canonical.com:443', 'rocks.canonical.com']);
  assert.deepEqual(await hosts('quay.io,quay.io,docker.io,reg.lan:5000'), ['reg.lan:5000', 'quay.io', 'docker.io']);
});

test('refuses what would break the TOML or the JSON', async (t) => {
  const archive = archiveFor(t);
  const base = { DOCKER_REGISTRY: 'reg.lan:5000', REGISTRY_SCHEME: 'https', REGISTRY_USER: 'u', REGISTRY_PASS: 'p' };
  for (const more of [{ REGISTRY_PASS: 'a"b' }, { REGISTRY_PASS: 'a\nb' }, { REGISTRY_PASS: 'a\\b' }, { REGISTRY_USER: 'a"b' }, { REGISTRY_MIRRORS: 'a b' }, { REGISTRY_MIRRORS: 'http://x' }, { REGISTRY_PREFIX: 'CDK' }, { REGISTRY_PREFIX: '/cdk/' }, { REGISTRY_SCHEME: 'ftp' }, { REGISTRY_CA: 'absent.pem' }]) {
    const run = await deploySh(archive, ['render'], { ...base, ...more });
    assert.equal(run.code, 2, JSON.stringify(more));
    assert.doesNotMatch(run.stderr, /a"b|a\\b/);
  }
  assert.ok(!('overlays/registry.yaml' in archive.snapshot()));
});

test('options of one application stand together, and names are quoted', async (t) => {
  const options = [['calico', 'a', 'registry', '-'], ['containerd', 'custom_registries', 'custom-registries', '-'], ['yes', "it's: #1", 'image', 'x/y:1'], ['calico', 'on', 'registry', '-']] as const;
  const { overlay } = await rendered(archiveFor(t, { options }), { REGISTRY_SCHEME: 'https' });
  assert.deepEqual(overlay.applications.calico, { options: { a: 'reg.lan:5000/cdk', on: 'reg.lan:5000/cdk' } });
  assert.deepEqual(overlay.applications.yes, { options: { "it's: #1": 'reg.lan:5000/cdk/x/y:1' } });
});

test('an image that is a resource is no option: its reference takes the place of the file', async (t) => {
  const options = [
    ['containerd', 'custom_registries', 'custom-registries', '-'],
    ['coredns', 'coredns-image', 'resource-image', 'coredns/coredns:sha256-0123456789ab'],
    ['both', 'image-registry', 'registry', '-'],
    ['both', 'operator-base', 'resource-image', 'x/y:1'],
  ] as const;
  const { overlay } = await rendered(archiveFor(t, { options }), { REGISTRY_SCHEME: 'https' });
  assert.deepEqual(overlay.applications.coredns, { resources: { 'coredns-image': 'reg.lan:5000/cdk/coredns/coredns:sha256-0123456789ab' } });
  assert.deepEqual(overlay.applications.both, { options: { 'image-registry': 'reg.lan:5000/cdk' }, resources: { 'operator-base': 'reg.lan:5000/cdk/x/y:1' } });
});

test('an archive without such options renders nothing', async (t) => {
  const archive = archiveFor(t, { options: [] });
  const run = await deploySh(archive, ['render'], { DOCKER_REGISTRY: 'reg.lan:5000' });
  assert.equal(run.code, 0, run.stderr);
  assert.ok(!('overlays/registry.yaml' in archive.snapshot()));
});

// What stands for the registry itself, for each scheme, login and trust; every other entry is a host and an address.
const OWN = '"host":"reg.lan:5000","url":"reg.lan:5000"';
const PLAIN = '{"host":"reg.lan:5000","url":"http://reg.lan:5000"}';
const LOGIN = '"username":"u","password":"p"';
for (const [scheme, login, trust, golden] of [
  ['http', false, 'system', PLAIN],
  ['http', false, 'ca', PLAIN],
  ['http', false, 'none', PLAIN],
  ['http', true, 'system', PLAIN],
  ['http', true, 'ca', PLAIN],
  ['http', true, 'none', PLAIN],
  ['https', false, 'system', `{${OWN}}`],
  ['https', false, 'ca', `{${OWN},"ca_file":"Q0E="}`],
  ['https', false, 'none', `{${OWN},"insecure_skip_verify":true}`],
  ['https', true, 'system', `{${OWN},${LOGIN}}`],
  ['https', true, 'ca', `{${OWN},${LOGIN},"ca_file":"Q0E="}`],
  ['https', true, 'none', `{${OWN},${LOGIN},"insecure_skip_verify":true}`],
] as const) {
  test(`${scheme}, ${login ? 'with' : 'without'} a login, certificates by ${trust}: golden`, async (t) => {
    const archive = archiveFor(t);
    writeFileSync(join(archive.beside, 'ca.pem'), 'CA');
    const { overlay, entries } = await rendered(archive, {
      REGISTRY_SCHEME: scheme,
      ...(login && { REGISTRY_USER: 'u', REGISTRY_PASS: 'p' }),
      ...(trust === 'ca' && { REGISTRY_CA: 'ca.pem' }),
      ...(trust === 'none' && { REGISTRY_INSECURE: '1' }),
    });
    const url = scheme === 'http' ? 'http://reg.lan:5000' : 'reg.lan:5000';
    const mirrors = HOSTS.map((host) => `{"host":"${host}","url":"${url}${host.startsWith('rocks.') ? '' : '/v2/cdk'}"}`);
    assert.equal(overlay.applications.containerd.options.custom_registries, `[${[golden, ...mirrors].join(',')}]`);
    assert.equal(entries.length, 13);
    assert.equal(statSync(join(archive.root, 'overlays/registry.yaml')).mode & 0o777, login ? 0o600 : 0o644);
  });
}
