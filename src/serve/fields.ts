/** `fields=` of the stores: dotted paths, a prefix selects the subtree (facts/charmhub-juju.md 1.4). Costly values are thunks, run only when selected. */

/** A value, or a thunk that makes it. */
export type Lazy = unknown;

const isThunk = (value: unknown): value is () => unknown => typeof value === 'function';

/** The whole tree with every thunk run. */
export async function resolveAll(value: Lazy): Promise<unknown> {
  const real: unknown = isThunk(value) ? await value() : value;
  if (Array.isArray(real)) return inOrder(real as unknown[], resolveAll);
  if (typeof real !== 'object' || real === null) return real;
  return Object.fromEntries(await inOrder(Object.entries(real), async ([key, child]) => [key, await resolveAll(child)] as const));
}

/** Only what the paths name; an array stands for each of its elements. */
export async function selectFields(value: Lazy, paths: readonly string[]): Promise<unknown> {
  return select(
    value,
    paths.map((path) => path.split('.')),
  );
}

async function select(value: Lazy, paths: readonly (readonly string[])[]): Promise<unknown> {
  if (paths.some((path) => path.length === 0)) return resolveAll(value);
  const real: unknown = isThunk(value) ? await value() : value;
  if (Array.isArray(real)) return inOrder(real as unknown[], (child) => select(child, paths));
  if (typeof real !== 'object' || real === null) return real;
  const chosen = Object.entries(real).filter(([key]) => paths.some(([head]) => head === key));
  const pick = async ([key, child]: [string, unknown]): Promise<readonly [string, unknown]> => {
    const below = paths.filter(([head]) => head === key).map((path) => path.slice(1));
    return [key, await select(child, below)];
  };
  return Object.fromEntries(await inOrder(chosen, pick));
}

/** One after the other: a thunk may read a whole file. */
async function inOrder<T, R>(items: readonly T[], job: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await job(item));
  return results;
}
