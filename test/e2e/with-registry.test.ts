/** The image of a registry for the site, and what its machine installs: taken where it can be had, demanded or left out on request. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '#src/domain/plan.js';
import { ROOT, runCli, type Ran } from '../support/run-cli.ts';
import { buildWorld, scratch, serveDirs, type Folder, type Upstreams } from '../support/served-world.ts';

const IMAGE = 'docker.io/library/registry:2';
const CLUSTER = `series: jammy
name: small
applications:
  kubernetes-worker: { charm: kubernetes-worker, channel: 1.26/stable, num_units: 1, options: { channel: 1.26/stable } }
  docker-registry: { charm: docker-registry, channel: latest/stable, num_units: 1 }
relations: []
`;

describe('the registry of the site', () => {
  let folder: Folder;
  let world: Upstreams;
  let without: Upstreams;

  before(async () => {
    folder = await scratch('with-registry');
    // The world is built from both charms, the cluster that is packed has one.
    const both = await folder.file('both.yaml', CLUSTER);
    await folder.file('bundle.yaml', CLUSTER.replace(/^ {2}docker-registry:.*\n/m, ''));
    await cp(join(ROOT, 'bundles/sample/docker-registry/bundle.yaml'), join(folder.path, 'registry.yaml'));
    await folder.file('lists/v1.26.4.txt', 'rocks.canonical.com/cdk/coredns/coredns:1.9.4\n');
    await buildWorld({ bundle: both, imageLists: join(folder.path, 'lists'), channel: '1.26/stable' }, join(folder.path, 'world'));
    world = await serveDirs([join(folder.path, 'world')]);
    without = await serveDirs([await worldWithout(join(folder.path, 'world'))]);
  });
  after(async () => {
    await world?.close();
    await without?.close();
    await folder?.remove();
  });

  const plan = (args: readonly string[], env: Record<string, string> = {}, from = world): Promise<Ran> =>
    runCli(['plan', '--json', '--no-cache', '--skip-snaps', ...from.args, ...args], { cwd: folder.path, env });
  const read = async (args: readonly string[], env: Record<string, string> = {}): Promise<Plan> => {
    const ran = await plan(args, env);
    assert.equal(ran.code, 0, ran.stderr);
    return JSON.parse(ran.stdout) as Plan;
  };
  const images = ({ artifacts }: Plan): string[] => artifacts.flatMap(({ kind, name }) => (kind === 'image' ? [name] : []));
  const debs = ({ files }: Plan): string[] =>
    (files.find(({ path }) => path === 'apt/packages.tsv')?.text ?? '').split('\n').filter((row) => row.includes('\tdocker-registry\t'));

  test('is packed by itself, with its packages, and the request says so', async () => {
    const made = await read(['./bundle.yaml']);
    assert.ok(images(made).includes(IMAGE));
    const image = made.artifacts.find(({ name }) => name === IMAGE);
    assert.deepEqual(image?.kind === 'image' && { path: image.path, targets: image.targets, reasons: image.reasons }, {
      path: 'containers/library_registry_2.tgz',
      targets: ['library/registry:2'],
      reasons: ['the registry of a site that has none: the docker-registry charm, or docker run'],
    });
    assert.ok(debs(made).includes('docker.io\tubuntu@22.04\tubuntu\tdocker-registry\tinstalled by the charm'));
    assert.equal(made.request.withRegistry, true);
  });

  test('is left out on request, by flag, environment and with the images', async () => {
    for (const [args, env] of [
      [['--no-with-registry'], { SHRINKWRAP_WITH_REGISTRY: 'true' }],
      [[], { SHRINKWRAP_WITH_REGISTRY: 'false' }],
      [['--skip-containers'], {}],
    ] as const) {
      const made = await read(['./bundle.yaml', ...args], env);
      assert.ok(!images(made).includes(IMAGE));
      assert.deepEqual(debs(made), []);
      assert.ok(!('withRegistry' in made.request));
    }
  });

  test('that cannot be had is a warning; asked for, or with its charm, an error that names every place', async () => {
    const ran = await plan(['./bundle.yaml'], {}, without);
    assert.equal(ran.code, 0, ran.stderr);
    const made = JSON.parse(ran.stdout) as Plan;
    assert.ok(!images(made).includes(IMAGE));
    assert.deepEqual(debs(made), []);
    const warning = `image ${IMAGE} cannot be had (UPSTREAM_NOT_FOUND): a site without a registry has to bring it; --with-registry insists on it`;
    assert.ok(made.warnings.includes(warning), made.warnings.join('\n'));
    const refused = await plan(['./bundle.yaml', '--with-registry'], {}, without);
    assert.equal(refused.code, 4, refused.stdout);
    for (const place of [IMAGE, 'ghcr.io/charmed-kubernetes/docker-registry:2']) assert.ok(refused.stdout.includes(place), refused.stdout);
    assert.equal((await plan(['./registry.yaml'], {}, without)).code, 4);
  });

  test('the sample bundle of the docker-registry charm packs with the image', async () => {
    const made = await read(['./registry.yaml']);
    assert.deepEqual(images(made), [IMAGE]);
    assert.equal(made.archive.name, 'docker-registry');
    assert.equal(debs(made).filter((row) => row.startsWith('docker.io\t')).length, 1);
  });
});

/** The same world as if nobody had that image. */
async function worldWithout(world: string): Promise<string> {
  const copy = `${world}-without`;
  await cp(world, copy, { recursive: true });
  const file = join(copy, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { artifacts: { name: string; path: string }[] };
  const gone = manifest.artifacts.filter(({ name }) => name === IMAGE);
  assert.ok(gone.length > 0);
  for (const { path } of gone) await rm(join(copy, path));
  const table = join(copy, 'containers', 'images.tsv');
  const rows = (await readFile(table, 'utf8')).split('\n');
  await writeFile(table, rows.filter((row) => !row.startsWith(`${IMAGE}\t`)).join('\n'));
  await writeFile(file, JSON.stringify({ ...manifest, artifacts: manifest.artifacts.filter((row) => !gone.includes(row)) }));
  return copy;
}
