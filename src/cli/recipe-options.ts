/** Options that say nothing to a system: a flag that would be passed over is a mistake of whoever typed it. */
import { ShrinkwrapError } from '../domain/errors.ts';
import type { Wish } from '../recipes/recipe.ts';
import { RECIPES, recipeOf } from '../recipes/recipes.ts';
import type { OptionName } from './options.ts';
import type { Values } from './values.ts';

/** Which wish each option is. */
const WISHES: Partial<Record<OptionName, Wish>> = {
  base: 'base',
  overlay: 'overlays',
  'correct-overlays': 'correctOverlays',
  'map-charmstore': 'mapCharmstore',
  'reviewed-only': 'reviewedOnly',
  'from-list': 'lists',
  'registry-prefix': 'registryPrefix',
  exclude: 'excludes',
  gpu: 'gpu',
  'skip-resources': 'skip',
  'skip-snaps': 'skip',
  'skip-containers': 'skip',
  'skip-apt': 'skip',
  'skip-pypi': 'skip',
  snap: 'snaps',
  'snap-channel': 'snapChannels',
  'allow-incomplete-images': 'allowIncompleteImages',
  registry: 'registry',
  'with-registry': 'withRegistry',
};

/** USAGE_BAD for the first one. What the environment and shrinkwrap.yaml say may be meant for another system. */
export function checkRecipeOptions(system: string, values: Values): void {
  const recipe = recipeOf(system);
  for (const option of values.flags) {
    const wish = WISHES[option];
    if (wish === undefined || recipe.takes.includes(wish)) continue;
    const others = RECIPES.filter(({ takes }) => takes.includes(wish)).map(({ id }) => id);
    throw new ShrinkwrapError('USAGE_BAD', { message: `--${option} is not for ${system}`, hint: `it goes with ${others.join(', ')}` });
  }
}
