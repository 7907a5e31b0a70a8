/** Bundle and overlay files of this machine → one verified bundle, as Juju 3.6 merges them. No network. */
import { stat } from 'node:fs/promises';
import { resolveIncludes } from '../bundle/include.ts';
import { tryCompose } from '../bundle/compose.ts';
import { absentLocal, localFiles } from '../bundle/local-files.ts';
import { bundleToJson, formatBundle } from '../bundle/merged-text.ts';
import { readBundles, refuseProblems } from '../bundle/read.ts';
import type { Problem } from '../domain/errors.ts';
import { readBundleFile } from './read-bundle-file.ts';
import { readIncluded } from './read-included.ts';
import { readInput } from './read-input.ts';

export interface ComposedFiles {
  readonly yaml: () => string;
  /** `applications` stands at the top level, whatever the bundle wrote. */
  readonly json: () => unknown;
  readonly warnings: readonly Problem[];
}

/** INPUT_INVALID with every problem and its place. */
export async function composeFiles(file: string, overlays: readonly string[]): Promise<ComposedFiles> {
  const first = await readBundleFile(file);
  const files = await Promise.all(overlays.map(async (path) => ({ file: path, text: (await readInput(path)).toString('utf8') })));
  const texts = await Promise.all(readBundles([first, ...files]).map((text) => resolveIncludes(text, readIncluded)));
  const [base, ...rest] = texts;
  if (base === undefined) throw new Error('one file is one text');
  const { composed, problems } = tryCompose(base, rest);
  const { bundle, places, warnings } = composed;
  const absent = await Promise.all(
    localFiles(bundle, first.file, places).map(async (local) => ((await exists(local.path)) ? [] : [absentLocal(places, local, 'is not there')])),
  );
  refuseProblems('bundle', [...problems, ...absent.flat()]);
  return { yaml: () => formatBundle(bundle), json: () => bundleToJson(bundle), warnings };
}

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
