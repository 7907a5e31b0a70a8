/** shrinkwrap.yaml: long option names to their values. Pure. */
import { parse } from 'yaml';
import { OPTION_NAMES } from './options.ts';
import { nearest, usage } from './usage.ts';
import type { Config } from './values.ts';

export function readConfig(text: string): Config {
  const root: unknown = parse(text) ?? {};
  if (typeof root !== 'object' || Array.isArray(root)) return usage('shrinkwrap.yaml is not a mapping of options');
  return Object.fromEntries(
    Object.entries(root as Record<string, unknown>).map(([key, value]) => {
      const name =
        OPTION_NAMES.find((known) => known === key.replaceAll('_', '-')) ?? usage(`shrinkwrap.yaml: unknown key ${key}${nearest(key, OPTION_NAMES)}`);
      return [name, (Array.isArray(value) ? value : [value]).map(String)];
    }),
  );
}
