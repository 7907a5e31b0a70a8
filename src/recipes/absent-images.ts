/** Images that nobody has: all of them in one error. */
import { ShrinkwrapError } from '../domain/errors.ts';

/** UPSTREAM_NOT_FOUND when there is one. Each says its name, where it was asked for and who wants it. */
export function refuseAbsent(absent: readonly string[]): void {
  if (absent.length === 0) return;
  throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', {
    what: absent.length === 1 ? 'image' : `${absent.length} images`,
    name: absent.join('\n'),
    where: 'any of its sources',
    exists: [],
  });
}
