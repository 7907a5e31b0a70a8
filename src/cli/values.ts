/** Option values from argv, environment and shrinkwrap.yaml, in this order of strength. Pure. */
import { parseArgs } from 'node:util';
import { environmentName, optionOf, OPTION_NAMES, type OptionName, type Verb } from './options.ts';
import { nearest, usage } from './usage.ts';

export interface Values {
  readonly positionals: readonly string[];
  /** Texts of a repeatable option, of a single one at most one; a switch that is on has `['true']`. */
  all(name: OptionName): readonly string[];
  text(name: OptionName): string | undefined;
  on(name: OptionName): boolean;
  /** Options that stand on the command line itself. */
  readonly flags: readonly OptionName[];
}

/** What shrinkwrap.yaml sets. */
export type Config = Readonly<Partial<Record<OptionName, readonly string[]>>>;

/** Options of a verb after its own words. */
export function readValues(argv: readonly string[], verb: Verb, environment: Readonly<Record<string, string | undefined>>, config: Config = {}): Values {
  const flags = readFlags(argv, verb);
  const all = (name: OptionName): readonly string[] => {
    if (!optionOf(name).verbs.includes(verb)) return [];
    const flag = flags.values.get(name);
    if (flag !== undefined) return flag;
    const variable = environment[environmentName(name)];
    if (variable !== undefined && variable !== '') return optionOf(name).repeatable === true ? variable.split(/[\s,]+/) : [variable];
    return config[name] ?? [];
  };
  return {
    positionals: flags.positionals,
    all,
    text: (name) => all(name).at(-1),
    on: (name) => switchValue(name, all(name).at(-1)),
    flags: [...flags.values.keys()],
  };
}

function switchValue(name: OptionName, text: string | undefined): boolean {
  if (text === undefined || /^(?:0|false|no|off)$/i.test(text)) return false;
  return /^(?:1|true|yes|on)$/i.test(text) || usage(`${environmentName(name)} and --${name} take true or false, not ${text}`);
}

function readFlags(argv: readonly string[], verb: Verb): { positionals: string[]; values: Map<OptionName, string[]> } {
  const names = new Map<string, OptionName>();
  for (const name of OPTION_NAMES) for (const spelling of [name, ...(optionOf(name).aliases ?? [])]) names.set(spelling, name);
  const negations = new Map(OPTION_NAMES.filter((name) => optionOf(name).negatable === true).map((name) => [`no-${name}`, name]));
  for (const [spelling, name] of negations) names.set(spelling, name);
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      [...names].map(([spelling, name]) => {
        const { short, value } = optionOf(name);
        return [spelling, { type: value === undefined ? 'boolean' : 'string', ...(short !== undefined && spelling === name && { short }) } as const];
      }),
    ),
  });
  const positionals: string[] = [];
  const values = new Map<OptionName, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const name = names.get(token.name) ?? usage(`unknown option ${token.rawName}${nearest(token.name, [...names.keys()])}`);
    const { value, repeatable, verbs } = optionOf(name);
    if (!verbs.includes(verb)) usage(`${token.rawName} is not an option of ${verb}`);
    if (value !== undefined && (token.value === undefined || token.value === '')) usage(`${token.rawName} needs a value: ${value}`);
    if (value === undefined && token.value !== undefined) usage(`${token.rawName} takes no value`);
    const text = token.value ?? (negations.has(token.name) ? 'false' : 'true');
    values.set(name, repeatable === true ? [...(values.get(name) ?? []), text] : [text]);
  }
  return { positionals, values };
}
