/** The YAML files of a charm: from sources/ when the archive carries them, else out of the zip. */
import { openPromise } from 'yauzl';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Directory } from '../directory.ts';
import { readBody } from '../exchange.ts';

export type CharmYaml = 'metadata.yaml' | 'config.yaml' | 'actions.yaml';

const LIMIT = 4 * 1024 * 1024;

/** The text, or the empty one for a file that the charm lacks. */
export async function readCharmYaml(directory: Directory, charmPath: string, name: CharmYaml): Promise<string> {
  const folder = `sources/charms/${charmPath.replace(/^.*\//, '').replace(/\.charm$/, '')}`;
  const listed = await directory.list(folder);
  const kept = listed?.some((entry) => entry.name === 'metadata.yaml') === true && name !== 'actions.yaml';
  if (kept) return (await directory.text(`${folder}/${name}`)) ?? '';
  const charm = await directory.file(charmPath, 'charm');
  return readZipEntry(charm.path, name);
}

async function readZipEntry(path: string, name: string): Promise<string> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== name) continue;
      const bytes = await readBody(await zip.openReadStreamPromise(entry), LIMIT);
      if (bytes === undefined) throw new ShrinkwrapError('INPUT_MALFORMED', { what: `${path}: ${name}`, text: `over ${LIMIT} bytes`, wanted: 'a small text' });
      return bytes.toString('utf8');
    }
    return '';
  } finally {
    zip.close();
  }
}
