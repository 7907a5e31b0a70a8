/** The assertions of all .assert streams and of snaps/trust/, by type and primary key. */
import type { Assertion } from '../../assertion/assertion.ts';
import { decodeStream } from '../../assertion/decode-stream.ts';
import { refPath } from '../../assertion/reference.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { Directory } from '../directory.ts';

export interface AssertionIndex {
  /** The newest revision of the format at most `maxFormat` (facts/snap-store.md 1.5). */
  find(type: string, key: readonly string[], maxFormat?: number): Assertion | undefined;
}

const TRUST = 'snaps/trust';

export async function readAssertions(directories: readonly { directory: Directory; streams: readonly string[] }[]): Promise<AssertionIndex> {
  const known = new Map<string, Assertion[]>();
  for (const { directory, streams } of directories) {
    const roots = ((await directory.list(TRUST)) ?? []).filter(({ name, type }) => type === 'file' && name.endsWith('.assert'));
    for (const path of [...streams, ...roots.map(({ name }) => `${TRUST}/${name}`)]) {
      for (const assertion of await readStream(directory, path)) {
        const place = refPath(assertion);
        known.set(place, [...(known.get(place) ?? []), assertion]);
      }
    }
  }
  return {
    find(type, key, maxFormat = Number.MAX_SAFE_INTEGER) {
      const fitting = (known.get([type, ...key].join('/')) ?? []).filter(({ format }) => format <= maxFormat);
      return fitting.toSorted((a, b) => b.revision - a.revision || b.format - a.format)[0];
    },
  };
}

async function readStream(directory: Directory, path: string): Promise<Assertion[]> {
  const file = await directory.file(path, 'assertions');
  try {
    return decodeStream((await directory.bytes(path)) ?? Buffer.alloc(0));
  } catch (error) {
    if (!isShrinkwrapError(error) || !('field' in error.facts)) throw error;
    const message = `${error.facts.what}: ${error.facts.found}`;
    throw new ShrinkwrapError('INPUT_INVALID', { what: file.path, problems: [{ file: path, code: 'assertion', message }] }, { cause: error });
  }
}
