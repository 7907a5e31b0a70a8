/** Reads chosen small files out of a zip that nobody vouches for: names, sizes, duplicates and links are checked before a byte counts. */
import { buffer } from 'node:stream/consumers';
import { type Entry, type ZipFile, fromBufferPromise, openPromise } from 'yauzl';

export interface ZipContents {
  /** Names of all files, in the order of the zip. */
  readonly names: readonly string[];
  /** The bytes of the wanted files that are there. */
  readonly files: ReadonlyMap<string, Buffer>;
}

const ENTRY_LIMIT = 4 * 1024 * 1024;
const TOTAL_LIMIT = 128 * 1024 * 1024;
const COUNT_LIMIT = 100_000;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;

/**
 * Throws plain errors that say what is wrong with the zip; the caller knows whose fault that is. `wanted` must be plain files;
 * those that `also` takes may be links, which are left out: what they point to is in the zip under its own name.
 */
export async function readZip(source: string | Buffer, wanted: readonly string[], also: (name: string) => boolean = () => false): Promise<ZipContents> {
  const options = { autoClose: false, strictFileNames: true, validateEntrySizes: true };
  const zip = await (typeof source === 'string' ? openPromise(source, options) : fromBufferPromise(source, options));
  try {
    if (zip.entryCount > COUNT_LIMIT) throw new Error(`${zip.entryCount} entries`);
    const names = new Set<string>();
    const files = new Map<string, Buffer>();
    let left = TOTAL_LIMIT;
    // yauzl refuses absolute names, backslashes and "..".
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      if (names.has(entry.fileName)) throw new Error(`${entry.fileName} is in it twice`);
      names.add(entry.fileName);
      if (!wanted.includes(entry.fileName) && !(also(entry.fileName) && isRegular(entry))) continue;
      left -= entry.uncompressedSize;
      if (left < 0) throw new Error(`its files have more than ${TOTAL_LIMIT} bytes`);
      files.set(entry.fileName, await readEntry(zip, entry));
    }
    return { names: [...names], files };
  } finally {
    zip.close();
  }
}

function isRegular({ externalFileAttributes }: Entry): boolean {
  const type = (externalFileAttributes >>> 16) & TYPE_MASK;
  return type === 0 || type === REGULAR;
}

async function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const { fileName, uncompressedSize } = entry;
  if (!isRegular(entry)) throw new Error(`${fileName} is no regular file`);
  if (uncompressedSize > ENTRY_LIMIT) throw new Error(`${fileName} has ${uncompressedSize} bytes, more than ${ENTRY_LIMIT}`);
  if (entry.isEncrypted()) throw new Error(`${fileName} is encrypted`);
  // The stream ends with an error when more comes out than the directory says.
  return buffer(await zip.openReadStreamPromise(entry));
}
