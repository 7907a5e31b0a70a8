/** snaps/*.snap and .assert, snaps.tsv, the trust stream, the snap.yaml under sources/, and the rows of the manifest. */
import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { ManifestArtifact } from '#src/domain/manifest.js';
import { byCodeUnit } from '#src/domain/sorted.js';
import { formatTsv } from '#src/domain/tsv.js';
import type { Trust } from '../pki/create-trust.ts';
import { signSnap } from '../pki/sign-snap.ts';
import { mapConcurrently } from './map-concurrently.ts';
import type { SnapRelease } from './snap-releases.ts';
import { squashfs } from './squashfs.ts';
import type { Tree } from './tree.ts';

const COLUMNS = ['name', 'revision', 'arch', 'channel', 'base', 'type', 'confinement', 'order', 'file', 'assert', 'sha3_384', 'size'] as const;
const TRUST_FILE = 'snaps/trust/world-root.assert';

interface Signed {
  readonly snap: SnapRelease;
  readonly order: number;
  readonly file: string;
  readonly assert: string;
  readonly size: number;
  readonly sha3_384: string;
  readonly sha256: string;
}

export interface SnapContext {
  /** What the templates of cdk-addons name. */
  readonly addonImages: readonly string[];
  readonly trust: Trust;
  readonly now: Date;
}

export async function writeSnaps(snaps: readonly SnapRelease[], context: SnapContext, tree: Tree): Promise<ManifestArtifact[]> {
  const { trust } = context;
  const order = orderOf(snaps);
  const signed = await mapConcurrently(snaps, (snap) => writeSnap(snap, order.get(snap.name) ?? 0, context, tree));
  const rows = signed.toSorted(
    (a, b) => a.order - b.order || byCodeUnit(a.snap.name, b.snap.name) || byCodeUnit(a.snap.arch, b.snap.arch) || byCodeUnit(a.snap.channel, b.snap.channel),
  );
  await tree.write('snaps/snaps.tsv', formatTsv(COLUMNS, rows.map(tableRow)));
  await tree.write(TRUST_FILE, trust.trustAssertions);
  return signed.map((each) => manifestRow(each, trust));
}

/** snapd, then what others stand on, then the rest. */
function orderOf(snaps: readonly SnapRelease[]): Map<string, number> {
  const rank = ({ type }: SnapRelease): number => (type === 'snapd' ? 0 : type === 'app' ? 2 : 1);
  const sorted = snaps.toSorted((a, b) => rank(a) - rank(b) || byCodeUnit(a.name, b.name));
  return new Map([...new Set(sorted.map(({ name }) => name))].map((name, index) => [name, index + 1]));
}

export function snapYaml({ name, version, base, type, confinement, arch }: SnapRelease): string {
  return stringify({
    name,
    version,
    summary: `The snap ${name}`,
    description: `Made for a world that stands in for the snap store.\n`,
    ...(type !== 'app' && { type }),
    ...(base !== '' && { base }),
    confinement,
    grade: 'stable',
    architectures: [arch],
    ...(type === 'app' && { apps: { [name]: { command: `bin/${name}` } } }),
  });
}

async function writeSnap(snap: SnapRelease, order: number, { addonImages, trust, now }: SnapContext, tree: Tree): Promise<Signed> {
  const stem = `${snap.name}_${snap.revision}_${snap.arch}`;
  const yaml = snapYaml(snap);
  const bytes = squashfs(
    [
      { path: `bin/${snap.name}`, bytes: Buffer.from(`#!/bin/sh\necho "${snap.name} ${snap.version} ${snap.revision} ${snap.arch}"\n`), executable: true },
      { path: 'meta/snap.yaml', bytes: Buffer.from(yaml) },
      ...(snap.name === 'cdk-addons' ? addonImages.map((image) => ({ path: templatePath(image), bytes: Buffer.from(template(image)) })) : []),
    ],
    now,
  );
  const sha3_384 = createHash('sha3-384').update(bytes).digest('hex');
  const { name, id, revision, publisher } = snap;
  const { sha256, size } = await tree.write(`snaps/${stem}.snap`, bytes);
  await tree.write(`snaps/${stem}.assert`, signSnap({ name, id, revision, size, sha3_384, ...(publisher !== undefined && { publisher }) }, trust, now));
  await tree.write(`sources/snaps/${stem}/snap.yaml`, yaml);
  return { snap, order, file: `snaps/${stem}.snap`, assert: `snaps/${stem}.assert`, size, sha3_384, sha256 };
}

const templatePath = (image: string): string => `templates/${image.replaceAll(/[/:]/g, '-')}.yaml`;

/** As the build of the real snap leaves it: the registry is filled in on the machine (facts/offline-deploy.md 1.7). */
const template = (image: string): string =>
  `{% if true %}\nspec:\n  containers:\n    - name: addon\n      image: {{ registry|default('rocks.canonical.com/cdk') }}/${image.replace(/-amd64:/, '-{{ arch }}:')}\n{% endif %}\n`;

const tableRow = ({ snap, order, file, assert, sha3_384, size }: Signed): Record<(typeof COLUMNS)[number], string | number> => ({
  name: snap.name,
  revision: snap.revision,
  arch: snap.arch,
  channel: snap.channel,
  base: snap.base,
  type: snap.type,
  confinement: snap.confinement,
  order,
  file,
  assert,
  sha3_384,
  size,
});

const manifestRow = ({ snap, order, file, assert, sha3_384, sha256, size }: Signed, { account }: Trust): ManifestArtifact => ({
  kind: 'snap',
  name: snap.name,
  version: snap.version,
  revision: snap.revision,
  channel: snap.channel,
  arch: snap.arch,
  path: file,
  size,
  digests: { 'sha3-384': sha3_384, sha256 },
  source: `https://api.snapcraft.io/api/v1/snaps/download/${snap.id}_${snap.revision}.snap`,
  signer: account,
  verified: true,
  reasons: snap.reasons,
  id: snap.id,
  base: snap.base,
  type: snap.type,
  confinement: snap.confinement,
  order,
  assert,
});
