/** Takes the paths of the distribution API apart (facts/oci.md 1.1). */

const NAME_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${NAME_PART}(?:/${NAME_PART})*$`);

export type OciRoute =
  | { readonly at: 'base' }
  | { readonly at: 'manifests' | 'blobs'; readonly name: string; readonly reference: string }
  | { readonly at: 'tags'; readonly name: string }
  | { readonly at: 'uploads'; readonly name: string }
  | { readonly at: 'upload'; readonly name: string; readonly id: string };

/** `undefined` for a path that the API does not have; a name may itself hold the words of the API, so the last ones count. */
export function parseRoute(segments: readonly string[], path: string): OciRoute | undefined {
  const [, ...rest] = segments;
  if (rest.length === 0) return { at: 'base' };
  const [last = '', before, beforeThat] = rest.toReversed();
  const named = (count: number): string => rest.slice(0, -count).join('/');
  const route = ((): OciRoute | undefined => {
    if (before === 'uploads' && beforeThat === 'blobs') return { at: 'upload', name: named(3), id: last };
    if (last === 'uploads' && before === 'blobs' && path.endsWith('/')) return { at: 'uploads', name: named(2) };
    if (before === 'manifests' || before === 'blobs') return { at: before, name: named(2), reference: last };
    return before === 'tags' && last === 'list' ? { at: 'tags', name: named(2) } : undefined;
  })();
  return route !== undefined && 'name' in route && !NAME.test(route.name) ? undefined : route;
}
