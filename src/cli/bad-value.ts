/** A value that an option does not take; a login in front of a host is not repeated. */
import { ShrinkwrapError } from '../domain/errors.ts';
import type { OptionName } from './options.ts';

export function bad(name: OptionName, value: string, wanted: string): never {
  throw new ShrinkwrapError('USAGE_BAD', {
    message: `--${name} does not take ${JSON.stringify(value.replace(/[^/\s@:]*:[^/\s@]*@/g, '***@'))}`,
    hint: `wanted ${wanted}`,
  });
}
