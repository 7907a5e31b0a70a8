/** Failures of this machine (full disk, no permission) as errors with a code; anything else stays what it is. */
import { ShrinkwrapError } from '../domain/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ENOTDIR: 'a file is in the way of a directory',
  EISDIR: 'a directory is in the way',
  EFBIG: 'file too large for this file system',
  EMFILE: 'too many open files',
  EIO: 'the disk does not give back what was written to it',
};

export function localFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  return reason === undefined ? error : new ShrinkwrapError('LOCAL_DISK', { path, reason }, { cause: error });
}
