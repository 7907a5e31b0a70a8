/** Order by code unit: the same on every machine, whatever its locale. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sortedBy = <T>(items: Iterable<T>, key: (item: T) => string): T[] => [...items].toSorted((a, b) => byCodeUnit(key(a), key(b)));
