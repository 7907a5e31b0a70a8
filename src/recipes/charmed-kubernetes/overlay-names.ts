/** Names of overlays under overlays/: each once on every file system, and none that the site writes itself. Pure. */
import { fileNamePart } from '../../domain/archive-name.ts';

/** The kit renders the registry's overlay there and takes one that it finds for its own. */
const RENDERED = 'registry.yaml';

/** In order; official ones (`official`) keep their names, files of the user's get a number where another has theirs. */
export function overlayNames(overlays: readonly { readonly name: string; readonly official: boolean }[]): string[] {
  const taken = new Set([RENDERED, ...overlays.filter(({ official }) => official).map(({ name }) => name.toLowerCase())]);
  return overlays.map(({ name, official }) => {
    if (official) return name;
    const stem = fileNamePart(name.replace(/\.yaml$/, ''));
    let free = `${stem}.yaml`;
    for (let next = 2; taken.has(free.toLowerCase()); next += 1) free = `${stem}-${next}.yaml`;
    taken.add(free.toLowerCase());
    return free;
  });
}
