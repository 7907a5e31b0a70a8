/** What lists are called in the archive: the last part of their paths, made different where they are not. Pure. */
import { fileNamePart } from '../domain/archive-name.ts';

/** In the order given. `-` is `stdin`; the second of a name is `NAME-2`. File systems that ignore case do not confuse them. */
export function listNames(files: readonly string[]): string[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const stem = file === '-' ? 'stdin' : fileNamePart(file.slice(file.lastIndexOf('/') + 1));
    let name = stem;
    for (let count = 2; taken.has(name.toLowerCase()); count += 1) name = `${stem}-${count}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
