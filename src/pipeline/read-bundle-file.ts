/** A bundle of this machine, in each of the forms that Juju takes: a text, a folder with a bundle.yaml, a packed bundle (facts/charmhub-juju.md 3.5). */
import { stat } from 'node:fs/promises';
import { join } from 'node:path/posix';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { BundleInput } from '../recipes/upstream.ts';
import { readInput } from './read-input.ts';

const NAME = 'bundle.yaml';
const ZIP = 'PK\u0003\u0004';

/** INPUT_ABSENT where there is none, INPUT_INVALID for a zip that holds none. */
export async function readBundleFile(path: string): Promise<BundleInput> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, NAME) : path;
  const bytes = await readInput(file);
  if (bytes.toString('latin1', 0, ZIP.length) !== ZIP) return { file, text: bytes.toString('utf8'), packed: false };
  return { file, text: await packedText(file, bytes), packed: true };
}

async function packedText(file: string, bytes: Buffer): Promise<string> {
  const refuse = (message: string, cause?: unknown): ShrinkwrapError =>
    new ShrinkwrapError('INPUT_INVALID', { what: 'bundle', problems: [{ file, code: 'zip', message }] }, { cause });
  // Most bundles are texts: reading zips is loaded for those that are not.
  const { readZip } = await import('../clients/zip-entries.ts');
  const { files } = await readZip(bytes, [NAME]).catch((error: unknown) => {
    throw refuse(`not a usable zip: ${error instanceof Error ? error.message : String(error)}`, error);
  });
  const text = files.get(NAME)?.toString('utf8');
  if (text === undefined) throw refuse(`it has no ${NAME}`);
  return text;
}
