/** A charm as discovery gives it, of literal texts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from '#src/domain/arch.js';
import { digest } from '#src/domain/digest.js';
import type { ResourceRelease } from '#src/domain/releases.js';
import { readCatalogue, type Catalogue } from '#src/recipes/charmed-kubernetes/catalogue.js';
import { charmedKubernetes } from '#src/recipes/charmed-kubernetes/recipe.js';
import type { CharmFact } from '#src/recipes/charmed-kubernetes/facts.js';
import { ROOT } from './run-cli.ts';

/** The documents that ship. */
export const SHIPPED_CATALOGUES = charmedKubernetes.catalogues.map((file) => ({ file, text: readFileSync(join(ROOT, 'bundles', file), 'utf8') }));

/** The catalogue that ships. */
export const shippedCatalogue = (): Catalogue => readCatalogue(SHIPPED_CATALOGUES);

export interface CharmInput {
  readonly name: string;
  readonly revision?: number;
  readonly channel?: string;
  readonly applications?: readonly string[];
  readonly config?: string;
  readonly texts?: Readonly<Record<string, string>>;
  readonly resources?: readonly ResourceRelease[];
  readonly arch?: Arch;
  readonly base?: string;
  readonly layer?: string;
}

export function charmFact({ name, revision = 7, channel = '1.26/stable', applications = [name], config = '', ...rest }: CharmInput): CharmFact {
  const download = { source: `https://api.charmhub.io/api/v1/charms/download/x_${revision}.charm`, size: 1, digest: digest('sha256', '0'.repeat(64)) };
  const { arch = 'amd64', resources = [] } = rest;
  const base = { name: 'ubuntu', channel: rest.base ?? '22.04' };
  return {
    artifact: {
      kind: 'charm',
      name,
      version: String(revision),
      revision,
      channel,
      bases: [base],
      id: 'x',
      path: `charms/${name}_r${revision}.charm`,
      size: download.size,
      digests: [download.digest],
      source: download.source,
      reasons: applications.map((application) => `application ${application}`),
    },
    release: {
      name,
      id: 'x',
      revision,
      version: String(revision),
      channel,
      bases: [],
      download,
      resources,
      metadataYaml: `name: ${name}\n`,
      configYaml: config,
    },
    files: {
      metadataYaml: `name: ${name}\n`,
      configYaml: config,
      manifestYaml: '',
      layerYaml: rest.layer ?? '',
      wheelhouse: [],
      texts: new Map(Object.entries(rest.texts ?? {})),
    },
    base,
    arch,
    applications,
    track: '1.26',
  };
}
