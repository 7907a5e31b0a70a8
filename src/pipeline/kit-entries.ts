/** The kit: static scripts, shipped as they are. */
import { readdir, readFile } from 'node:fs/promises';
import { bytesEntry, type Entry } from '../assemble/entry.ts';

const KIT = new URL('../../kit/', import.meta.url);
const ENTRY_POINT = 'deploy.sh';

/** deploy.sh lies at the top, everything else under kit/. */
export async function kitEntries(): Promise<Entry[]> {
  const names = (await readdir(KIT)).filter((name) => /^[a-z][a-z0-9-]*\.(?:sh|awk|sed)$/.test(name));
  return Promise.all(
    names.map(async (name) =>
      bytesEntry(name === ENTRY_POINT ? name : `kit/${name}`, await readFile(new URL(name, KIT)), name.endsWith('.sh') ? 0o755 : 0o644),
    ),
  );
}
