/** The built CLI as a command line. */
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../cli/main.js');

export const cli = (...args: readonly string[]): string[] => [process.execPath, MAIN, ...args];

/** Node that does nothing: what no program in JavaScript can be faster than. */
export const BARE_NODE: readonly string[] = [process.execPath, '--eval', '0'];

export interface SavedImages {
  readonly list: string;
  readonly cache: string;
  readonly output: string;
  /** HOST:PORT that speaks plain http. */
  readonly registry: string;
  readonly format?: 'tgz' | 'layout';
}

export const saveImages = ({ list, cache, output, registry, format = 'tgz' }: SavedImages): string[] =>
  cli('images', '--from-list', list, '--image-format', format, '--insecure-registry', registry, '--cache-dir', cache, '--output', output, '--quiet');
