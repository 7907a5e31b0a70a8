/** A charm from a file beside the bundle, as a release: what Charmhub would say of it is read from its own files. */
import { parse } from 'yaml';
import type { CharmArtifact } from '../../domain/artifact.ts';
import { baseOfSeries } from '../../domain/base.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { CharmFiles, CharmRelease } from '../../domain/releases.ts';
import type { Upstream } from '../upstream.ts';
import type { CharmWant } from './charm-wants.ts';
import type { KeptFile } from './local-files.ts';

/** Juju numbers local charms from 0 and keeps them under `stable` (facts/charmhub-juju.md 3.8). */
const CHANNEL = 'latest/stable';

export async function readLocalCharm({ application, base, arch }: CharmWant, { download }: KeptFile, upstream: Upstream): Promise<CharmRelease> {
  const id = download.digest.hex.slice(0, 32);
  const unread: CharmArtifact = {
    kind: 'charm',
    name: download.source,
    version: '0',
    revision: 0,
    channel: CHANNEL,
    bases: [base],
    id,
    path: '',
    size: download.size,
    digests: [download.digest],
    source: download.source,
    reasons: [`application ${application}`],
  };
  const files = await upstream.charmFiles(unread);
  const metadata = mapping(parse(files.metadataYaml, { version: '1.1', merge: true, logLevel: 'silent' }));
  const name = metadata['name'];
  const refuse = (message: string): never => {
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'charm', problems: [{ file: download.source.replace(/^local:/, ''), code: 'local-charm', message }] });
  };
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/.test(name)) return refuse('metadata.yaml has no usable name');
  const bases = basesOf(metadata, files);
  if (bases.length > 0 && !bases.some(({ architecture }) => architecture === 'all' || architecture === arch))
    return refuse(`is built for ${[...new Set(bases.map(({ architecture }) => architecture))].join(', ')}, not for ${arch}`);
  return {
    name,
    id,
    revision: 0,
    version: '0',
    channel: CHANNEL,
    bases,
    download,
    resources: [],
    metadataYaml: files.metadataYaml,
    configYaml: files.configYaml,
  };
}

/** manifest.yaml says bases with architectures; an old charm has series in its metadata. */
function basesOf(metadata: Readonly<Record<string, unknown>>, { manifestYaml }: CharmFiles): CharmRelease['bases'] {
  const manifest = mapping(parse(manifestYaml, { version: '1.1', merge: true, logLevel: 'silent' }));
  const rows = list(manifest['bases']).flatMap((row) => {
    const { name, channel, architectures } = mapping(row);
    if (typeof name !== 'string' || (typeof channel !== 'string' && typeof channel !== 'number')) return [];
    const archs = list(architectures).filter((arch) => typeof arch === 'string');
    return (archs.length === 0 ? ['all'] : archs).map((architecture) => ({ name, channel: String(channel).replace(/\/.*$/, ''), architecture }));
  });
  if (rows.length > 0) return rows;
  return list(metadata['series']).flatMap((series) => {
    const base = typeof series === 'string' ? baseOfSeries(series) : undefined;
    return base === undefined ? [] : [{ ...base, architecture: 'all' }];
  });
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
