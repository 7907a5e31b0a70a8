/** config.yaml of a charm: which options it declares, and their defaults. A charm may have none. */
import { parse } from 'yaml';

function options(configYaml: string): Record<string, unknown> {
  const root: unknown = configYaml === '' ? {} : parse(configYaml, { version: '1.1', merge: true, logLevel: 'silent' });
  if (typeof root !== 'object' || root === null || !('options' in root)) return {};
  const declared: unknown = root.options;
  return typeof declared === 'object' && declared !== null ? (declared as Record<string, unknown>) : {};
}

export const declaresOption = (configYaml: string, option: string): boolean => Object.hasOwn(options(configYaml), option);

/** Default of a text option; undefined when there is none or it is empty. */
export function configDefault(configYaml: string, option: string): string | undefined {
  const declared = options(configYaml)[option];
  if (typeof declared !== 'object' || declared === null || !('default' in declared)) return undefined;
  const value: unknown = declared.default;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Text options with their defaults; the empty text where there is none. */
export function textDefaults(configYaml: string): ReadonlyMap<string, string> {
  const names = Object.entries(options(configYaml)).flatMap(([name, option]) =>
    typeof option === 'object' && option !== null && 'type' in option && option.type === 'string' ? [name] : [],
  );
  return new Map(names.map((name) => [name, configDefault(configYaml, name) ?? '']));
}
