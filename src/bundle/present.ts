/** Leaves out the fields that are not there, so that two equal things are equal to `deepEqual` too. */
export function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined)) as T;
}
