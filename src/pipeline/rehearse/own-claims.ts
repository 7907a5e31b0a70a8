/** What the archive says of itself outside its lists: paths in bundle.yaml, Charmhub's answers, tables beside the files they describe. No planning needed. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBundle } from '../../bundle/read.ts';
import type { CharmRecord } from '../../domain/charm-record.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { ok, type Check } from './check.ts';
import { attempt, sameDigest } from './compare.ts';

export async function ownClaims(site: string, manifest: Manifest): Promise<Check[]> {
  return [...(await bundlePaths(site)), ...(await charmhubRecords(site, manifest)), ...(await tables(site))];
}

/** Every local path in bundle.yaml must be there, or Juju stops; in those of further architectures as well. */
async function bundlePaths(site: string): Promise<Check[]> {
  const bundles = (await readdir(site)).filter((name) => /^bundle(?:_[a-z0-9]+)?\.yaml$/.test(name)).toSorted();
  return (await Promise.all(bundles.map((path) => pathsOf(site, path)))).flat();
}

async function pathsOf(site: string, path: string): Promise<Check[]> {
  const text = await readFile(join(site, path), 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  try {
    const applications = [...readBundle(text, path).base.bundle.applications.values()].filter((application) => application !== null);
    const paths = applications.flatMap(({ charm, resources }) => [charm, ...(resources?.values() ?? [])]).filter((value) => typeof value === 'string');
    return await Promise.all(paths.filter((value) => value.startsWith('./')).map((value) => exists(site, value.slice(2))));
  } catch (error) {
    if (isShrinkwrapError(error)) return [{ path, status: 'altered', error }];
    throw error;
  }
}

const exists = (site: string, path: string): Promise<Check> =>
  stat(join(site, path)).then(
    () => ok(path),
    (): Check => ({ path, status: 'missing' }),
  );

/** Sizes and digests that Charmhub gave when the archive was made; no regenerated list covers them. */
async function charmhubRecords(site: string, manifest: Manifest): Promise<Check[]> {
  const folder = 'sources/charmhub';
  const checks: Check[] = [];
  for (const name of (await readdir(join(site, folder)).catch(() => [])).toSorted()) {
    const record = parseRecord(await readFile(join(site, folder, name), 'utf8'));
    if (record === undefined) {
      checks.push({ path: `${folder}/${name}`, status: 'altered', expected: 'JSON', found: 'something else' });
      continue;
    }
    const charm = `charms/${name.replace(/\.json$/, '.charm')}`;
    checks.push(await attempt(charm, () => sameDigest(charm, join(site, charm), record.size, 'sha256', record.sha256)));
    checks.push(...(await recordedResources(site, manifest, record)));
  }
  return checks;
}

async function recordedResources(site: string, manifest: Manifest, { name, resources }: CharmRecord): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name: resource, type, filename, size, sha256 } of resources) {
    // Snaps are placeholders in an archive, and what was built from images has digests of its own.
    if (type !== 'file' || filename.endsWith('.snap')) continue;
    const rows = manifest.artifacts.filter((row) => row.kind === 'resource' && row['charm'] === name && row['resource'] === resource && row.derived !== true);
    for (const { path } of rows) checks.push(await attempt(path, () => sameDigest(path, join(site, path), size, 'sha256', sha256)));
  }
  return checks;
}

function parseRecord(text: string): CharmRecord | undefined {
  try {
    return JSON.parse(text) as CharmRecord;
  } catch {
    return undefined;
  }
}

async function tables(site: string): Promise<Check[]> {
  const needed = [
    ['snaps', /\.snap$/, 'snaps/snaps.tsv'],
    ['containers', /\.(?:tgz|json)$/, 'containers/images.tsv'],
  ] as const;
  const checks = await Promise.all(
    needed.map(async ([folder, ending, table]) => {
      const names = await readdir(join(site, folder)).catch(() => []);
      return names.some((name) => ending.test(name)) ? [await exists(site, table)] : [];
    }),
  );
  return checks.flat();
}
