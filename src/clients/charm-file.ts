/** What a .charm holds that a plan is made of; the zip is read in place, never unpacked (facts/charmhub-juju.md 4.1). */
import { basename } from 'node:path';
import { ShrinkwrapError, isShrinkwrapError } from '../domain/errors.ts';
import type { CharmFiles } from '../domain/releases.ts';
import { byCodeUnit, sortedBy } from '../domain/sorted.ts';
import { readZip } from './zip-entries.ts';

const METADATA = 'metadata.yaml';
const FILES = [METADATA, 'config.yaml', 'manifest.yaml', 'layer.yaml'] as const;
const WHEELHOUSE = 'wheelhouse/';

/** The manifests of ops charms, templates, and code; not what others wrote or what only tests run (facts/offline-deploy.md 1.7). */
const mayNameImages = (name: string): boolean =>
  /^upstream\/[^/]+\/(?:version|manifests\/.+\.ya?ml)$/.test(name) ||
  /^(?:src\/)?templates\/.+\.ya?ml(?:\.j2)?$/.test(name) ||
  (name.endsWith('.py') && !/^(?:venv|wheelhouse|tests?|unit_tests)\//.test(name));

/** Only metadata.yaml must be there; another file that the charm lacks is the empty text. */
export async function readCharmFiles(path: string): Promise<CharmFiles> {
  const { names, files } = await readZip(path, FILES, mayNameImages).catch((error: unknown) => Promise.reject(charmError(path, error)));
  const text = (name: string): string => files.get(name)?.toString('utf8') ?? '';
  if (!files.has(METADATA)) throw charmError(path, new Error(`it has no ${METADATA}`));
  return {
    metadataYaml: text(METADATA),
    configYaml: text('config.yaml'),
    manifestYaml: text('manifest.yaml'),
    layerYaml: text('layer.yaml'),
    wheelhouse: names.flatMap((name) => wheel(name) ?? []).toSorted(byCodeUnit),
    texts: new Map(sortedBy([...files.keys()].filter(mayNameImages), (name) => name).map((name) => [name, text(name)])),
  };
}

function wheel(name: string): string | undefined {
  const rest = name.startsWith(WHEELHOUSE) ? name.slice(WHEELHOUSE.length) : '';
  return rest === '' || rest.includes('/') ? undefined : rest;
}

function charmError(path: string, error: unknown): unknown {
  if (isShrinkwrapError(error)) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return new ShrinkwrapError('INPUT_ABSENT', { path }, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new ShrinkwrapError(
    'INPUT_INVALID',
    { what: 'charm', problems: [{ file: basename(path), code: 'charm', message: `not a usable charm: ${message}` }] },
    { cause: error },
  );
}
