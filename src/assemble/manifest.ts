/** Plan + the digests of what was written → manifest.json and SHA256SUMS. Pure. */
import type { Artifact, ArtifactKind, ArtifactOf } from '../domain/artifact.ts';
import { formatPlatform } from '../domain/arch.ts';
import { formatBase } from '../domain/base.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { formatDigest } from '../domain/digest.ts';
import { ARCHIVE_FORMAT, type Manifest, type ManifestArtifact } from '../domain/manifest.ts';
import type { Plan } from '../domain/plan.ts';
import { sortedBy } from '../domain/sorted.ts';

/** What was written: the bytes of a file and their SHA-256 in hex. */
export interface Written {
  readonly size: number;
  readonly sha256: string;
}

export interface ManifestContext {
  readonly tool: string;
  readonly created: Date;
  readonly written: ReadonlyMap<string, Written>;
  /** Account that signed a snap's revision, by the path of its assertion stream. */
  readonly snapSigners: ReadonlyMap<string, string>;
}

/** Nobody vouches for a file of the packing machine. */
const signerOf = (source: string): string => (source.startsWith('local:') ? 'none (local file)' : 'charmhub (TLS)');

type Row<K extends ArtifactKind> = (artifact: ArtifactOf<K>, context: ManifestContext) => Record<string, unknown> & { signer: string };

const ROWS: { readonly [K in ArtifactKind]: Row<K> } = {
  charm: ({ revision, channel, arch, bases, id, source }) => ({
    revision,
    channel,
    ...(arch !== undefined && { arch }),
    id,
    bases: bases.map(formatBase),
    signer: signerOf(source),
  }),
  resource: ({ revision, application, charm, resource, filename, derived, source }) => ({
    revision,
    application,
    charm,
    resource,
    filename,
    ...(derived !== undefined && { derived: true }),
    signer: derived === undefined ? signerOf(source) : 'digest',
  }),
  snap: ({ revision, channel, arch, id, base, type, confinement, order, assertPath }, { snapSigners }) => ({
    revision,
    channel,
    arch,
    id,
    base,
    type,
    confinement,
    order,
    assert: assertPath,
    signer: snapSigners.get(assertPath) ?? 'unknown',
  }),
  image: ({ arch, platform, manifest, index, whole, targets }) => ({
    arch,
    platform: formatPlatform(platform),
    manifest: formatDigest(manifest.digest),
    ...(index !== undefined && { index: formatDigest(index) }),
    ...(whole !== undefined && { children: whole.children.map((child) => formatDigest(child.manifest.digest)) }),
    targets,
    signer: 'digest',
  }),
};

function row<K extends ArtifactKind>(artifact: ArtifactOf<K>, context: ManifestContext): Record<string, unknown> & { signer: string } {
  const kind: K = artifact.kind;
  return ROWS[kind](artifact, context);
}

function manifestArtifact(artifact: Artifact, context: ManifestContext): ManifestArtifact {
  const { kind, name, version, path, source, reasons } = artifact;
  const file = context.written.get(path);
  if (file === undefined) throw new Error(`${path} is in the plan but was not written`);
  // An image's own digest is its manifest's; the others are digests of the file.
  const own =
    kind === 'image' || (kind === 'resource' && artifact.derived?.from === 'image') ? [] : artifact.digests.map(({ algorithm, hex }) => [algorithm, hex]);
  return {
    kind,
    name,
    version,
    path,
    size: file.size,
    digests: { ...Object.fromEntries(own), sha256: file.sha256 },
    source,
    verified: true,
    reasons,
    ...row(artifact, context),
  };
}

export function manifestOf(plan: Plan, context: ManifestContext): Manifest {
  return {
    format: ARCHIVE_FORMAT,
    tool: context.tool,
    created: context.created.toISOString().replace('.000Z', 'Z'),
    request: plan.request,
    ...(plan.bundle !== undefined && { bundle: plan.bundle }),
    bases: plan.bases,
    warnings: plan.warnings,
    artifacts: sortedBy(
      plan.artifacts.map((artifact) => manifestArtifact(artifact, context)),
      ({ path }) => path,
    ),
  };
}

export const formatManifest = (manifest: Manifest): string => canonicalJson(manifest);

/** `sha256sum -c` form, sorted by path. */
export function formatSums(written: ReadonlyMap<string, Written>): string {
  return sortedBy(written, ([path]) => path)
    .map(([path, { sha256 }]) => `${sha256}  ${path}\n`)
    .join('');
}
