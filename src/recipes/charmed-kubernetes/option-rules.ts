/** Options that the catalogue sets on applications whose charms declare them. Pure. */
import type { Bundle, Value } from '../../bundle/bundle.ts';
import type { RecipeRequest } from '../recipe.ts';
import { rulesOf, type Catalogue, type OptionRule } from './catalogue.ts';
import { declaresOption } from './charm-config.ts';
import type { CharmFact, Facts } from './facts.ts';

interface RuleContext {
  readonly bundle: Bundle;
  readonly request: RecipeRequest;
  readonly catalogue: Catalogue;
}

const saidBy = (bundle: Bundle, application: string, option: string): Value | undefined => bundle.applications.get(application)?.options?.get(option);

/** What the bundle sets itself stays, unless a rule replaces it: detection of hardware reaches for the internet, whoever asked for it. */
export function optionRules({ release, track }: CharmFact, application: string, { bundle, request, catalogue }: RuleContext): OptionRule[] {
  return rulesOf(catalogue, release.name, track)
    .options.filter(({ option }) => declaresOption(release.configYaml, option))
    .filter(({ unless }) => unless === undefined || request[unless] !== true)
    .filter(({ option, replaces }) => replaces || saidBy(bundle, application, option) === undefined);
}

/** Where the bundle had another value. */
export function optionWarnings({ bundle: { merged }, charms }: Facts, request: RecipeRequest, catalogue: Catalogue): string[] {
  return charms.flatMap((fact) =>
    fact.applications.flatMap((application) =>
      optionRules(fact, application, { bundle: merged, request, catalogue }).flatMap(({ option, value, unless }) => {
        const said = saidBy(merged, application, option);
        if (said === undefined || said === value) return [];
        return [
          `application ${application}: option ${option} is set to ${value} instead of ${JSON.stringify(said)}${unless === undefined ? '' : ` (--${unless} keeps it)`}`,
        ];
      }),
    ),
  );
}
