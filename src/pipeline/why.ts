/** Why something is in a plan or an archive. */
import { ShrinkwrapError } from '../domain/errors.ts';
import { byCodeUnit } from '../domain/sorted.ts';
import { nearNames } from '../domain/near-names.ts';
import { readContents, type Content } from './read-contents.ts';

export type Found = Content;

/** Everything that `name` may mean, in order of its kind. An unknown one: UPSTREAM_NOT_FOUND with the near names. */
export async function why(name: string, path: string, signal: AbortSignal): Promise<Found[]> {
  const contents = await readContents(path, signal);
  const found = contents.filter((content) => callsFor(content, name));
  if (found.length > 0) return found.toSorted((a, b) => byCodeUnit(a.kind, b.kind) || byCodeUnit(a.name, b.name) || byCodeUnit(a.version, b.version));
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
    what: 'artifact or package',
    name,
    where: path.split('/').at(-1) ?? path,
    exists: nearNames(name, [...new Set(contents.flatMap(namesOf))]),
  });
}

/** What a person may call it: the name, the path, an image without host, registry path or tag, a resource by itself, `charm NAME`. */
function callsFor(content: Content, name: string): boolean {
  const [, kind, rest] = /^(charm|resource|snap|image|deb|python) (.+)$/.exec(name) ?? [];
  if (kind !== undefined && rest !== undefined) return content.kind === kind && callsFor(content, rest);
  if (content.path === name || content.path?.split('/').at(-1) === name) return true;
  return namesOf(content).includes(name);
}

function namesOf({ kind, name }: Content): string[] {
  if (kind === 'resource') return [name, name.split('/').at(-1) ?? name];
  if (kind !== 'image') return [name];
  const parts = name.split('/');
  const tails = parts.map((_, index) => parts.slice(index).join('/'));
  return tails.flatMap((tail) => [tail, tail.replace(/@[a-z0-9]+:[0-9a-f]+$/, ''), withoutTag(tail)]);
}

/** The tag's colon is the last one after the last slash. */
const withoutTag = (reference: string): string => reference.replace(/@[a-z0-9]+:[0-9a-f]+$/, '').replace(/:[^/:]+$/, '');
