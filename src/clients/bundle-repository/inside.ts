/** Paths that stay below the root of the repository; the empty one is the root. */
export const isInside = (path: string): boolean =>
  path === '' || path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
